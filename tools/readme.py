"""Bring the README up to date: the list of lessons, and the figure.

`python tools/readme.py` writes both; with `--check` it changes nothing and exits with 1 if the list is old.
"""

import argparse
import re
import sys
from pathlib import Path

from distlab import course

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FIGURE = ROOT / "docs" / "election.png"
BLOCK = re.compile(r"(?<=<!-- lessons -->\n).*?(?=<!-- /lessons -->)", re.DOTALL)


def lessons_table() -> str:
    """The lessons that exist, as a Markdown table."""
    lines = ["| | lesson | 课程 |", "|---|---|---|"]
    for lecture in course.lectures():
        if (ROOT / "notebooks" / lecture.notebook).exists():
            link = f"[{lecture.title}](notebooks/{lecture.notebook})"
            lines.append(f"| {lecture.number} | {link} | {lecture.title_zh} |")
    return "\n".join(lines) + "\n"


def text() -> str:
    """The README as it should be."""
    return BLOCK.sub(lambda _: lessons_table(), README.read_text(encoding="utf-8"))


def draw() -> None:
    """The figure: Raft with five nodes, whose leader crashes and comes back."""
    import matplotlib

    matplotlib.use("Agg")
    from distlab import plots
    from distlab.coordination.election import Raft
    from distlab.sim import Outage, Simulation, cluster

    sim = Simulation(cluster(Raft, 5), faults=[Outage("leader", at=1.0, until=3.0)], seed=7)
    figure = plots.timeline(sim.run(until=4.0)).get_figure(root=True)
    assert figure is not None
    figure.savefig(FIGURE, bbox_inches="tight", metadata={"Software": None})


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if the README is old"
    )
    if parser.parse_args().check:
        return int(README.read_text(encoding="utf-8") != text())
    README.write_text(text(), encoding="utf-8", newline="\n")
    draw()
    return 0


if __name__ == "__main__":
    sys.exit(main())
