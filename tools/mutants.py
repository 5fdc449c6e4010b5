"""What each safeguard of each algorithm is for: the checker against algorithms with one safeguard off.

    python tools/mutants.py            write docs/mutants.md and the counterexamples in tests/golden/mutants
    python tools/mutants.py --check    change nothing; exit with 1 if something would change

Every mutant of an election is checked with the defaults of `distlab.check.check`, against the property that
it breaks. Those of other topics need searches of their own, which stand in their tests; here they are listed.
"""

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from distlab.check import LeaderElection, Report, check
from distlab.coordination.election import MUTANTS, Mutant
from distlab.coordination.election.raft_mutants import up_to_date_leader
from distlab.coordination.election.zab_mutants import fresh_leader

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "mutants.md"
GOLDEN = ROOT / "tests" / "golden" / "mutants"
HIGHEST = ("Bully", "ChangRoberts", "HirschbergSinclair")

OTHERS = {  # topic -> the module with its mutants, their name there, where the tests are that catch them
    "Mutual exclusion": ("coordination.mutex.mutex_mutants", "MUTANTS", "coordination/mutex"),
    "Consensus": ("coordination.consensus", "MUTANTS", "coordination/consensus"),
    "Ledgers": ("coordination.consensus.ledger", "MUTANTS", "coordination/consensus/ledger"),
    "Atomic commit": ("coordination.transaction", "COMMIT_MUTANTS", "coordination/transaction"),
    "Agreement in the end": ("coordination.transaction", "EVENTUAL_MUTANTS", "coordination/transaction"),
    "Locks": ("coordination.lock.lock_mutants", "MUTANTS", "coordination/lock"),
    "Training": ("computing.training", "MUTANTS", "computing/training"),
}

HEAD = """# Mutants

## Leader election

Each row is an algorithm with one safeguard switched off, and what the checker then finds:
`check(mutant.build, property)` with its default searches. The sound algorithms pass the same checks. Written
by `tools/mutants.py`; the whole counterexamples are in `tests/golden/mutants`, and a test holds both.

| algorithm | switched off | source | found by | counterexample | what is wrong then |
|---|---|---|---|---|---|
"""


def property_of(mutant: Mutant) -> object:
    """The property that a mutant breaks."""
    data = {"up-to-date leader": up_to_date_leader, "fresh leader": fresh_leader}
    if mutant.breaks in data:
        return data[mutant.breaks]
    return LeaderElection(highest=mutant.base.__name__ in HIGHEST)


def nodes_of(mutant: Mutant) -> int:
    """How many nodes the check begins with: two would leave no majority when one is down."""
    return 4 if mutant.nodes == 2 else mutant.nodes


def judged(mutant: Mutant, sound: bool = False) -> Report:
    """The report of a mutant, or of the sound algorithm under the same check."""
    build = mutant.build_sound if sound else mutant.build
    n = nodes_of(mutant)
    fixed = bool(mutant.arguments) and n != 3  # its arguments name all nodes: no search with three of them
    return check(build, property_of(mutant), nodes=n, bounds=None if fixed else "auto", progress=False)


def name_of(mutant: Mutant) -> str:
    """The name of its golden file."""
    words = re.sub(r"[^a-z0-9]+", "-", mutant.name.lower()).strip("-")
    return f"{mutant.base.__name__.lower()}-{words}.txt"


def golden(mutant: Mutant, report: Report) -> str:
    """The counterexample as text, without the count of what was searched before it was found."""
    lines = repr(report).splitlines()
    searched = tuple(f"  {search.kind}:" for search in report.searches)
    return (
        "\n".join(
            [
                f"{mutant.base.__name__} {mutant.name}",
                *[line for line in lines if not line.startswith(searched)],
            ]
        )
        + "\n"
    )


def row(mutant: Mutant, report: Report) -> str:
    """Its line in the table."""
    found = report.counterexample
    assert found is not None, f"{mutant.base.__name__} {mutant.name} is not caught"
    cells = (
        mutant.base.__name__,
        mutant.safeguard,
        mutant.source,
        report.searches[-1].kind,
        found.minimal,
        report.sentence,
    )
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |\n"


def table(reports: Sequence[tuple[Mutant, Report]]) -> str:
    """The text of docs/mutants.md."""
    return HEAD + "".join(row(mutant, report) for mutant, report in reports) + "".join(map(listed, OTHERS))


def listed(topic: str) -> str:
    """The mutants of a topic whose searches stand in its tests."""
    module, name, tests = OTHERS[topic]
    lines = [
        f"\n## {topic}\n\nCaught by the searches in `tests/{tests}`.\n",
        "| algorithm | mutant | switched off | source | what no longer holds |\n|---|---|---|---|---|",
    ]
    for mutant in getattr(importlib.import_module(f"distlab.{module}"), name):
        cells = (mutant.base.__name__, mutant.name, mutant.safeguard, mutant.source, mutant.breaks)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write, or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if something would change"
    )
    only_check = parser.parse_args().check
    reports = [(mutant, judged(mutant)) for mutant in MUTANTS]
    files = {GOLDEN / name_of(mutant): golden(mutant, report) for mutant, report in reports}
    files[TABLE] = table(reports)
    old = [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if not only_check:
        GOLDEN.mkdir(parents=True, exist_ok=True)
        for path in old:
            path.write_text(files[path], encoding="utf-8", newline="\n")
    print(f"{len(old)} of {len(files)} files {'would change' if only_check else 'written'}.")
    return int(only_check and bool(old))


if __name__ == "__main__":
    sys.exit(main())
