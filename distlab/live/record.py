"""Record live experiments anew: ``python -m distlab.live.record NAME ...``, or all of them."""

from __future__ import annotations

import argparse
import sys

from .errors import LiveError
from .experiments import EXPERIMENTS, experiment
from .recordings import as_text, measure, recorded_directory

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run experiments with real servers and write ``data/recorded/NAME.json``; return the exit code.

    >>> main(["no such experiment"])
    1
    """
    parser = argparse.ArgumentParser(prog="python -m distlab.live.record", description=__doc__)
    parser.add_argument("name", nargs="*", help=", ".join(sorted(EXPERIMENTS)) or "none yet")
    for name in parser.parse_args(arguments).name or sorted(EXPERIMENTS):
        try:
            asked_for = experiment(name)
            outcome = measure(asked_for, asked_for.recorded_with)
        except (LiveError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
        recorded_directory().mkdir(exist_ok=True)
        (recorded_directory() / f"{name}.json").write_text(as_text(outcome), encoding="utf-8")
        print(outcome)
    return 0


if __name__ == "__main__":
    sys.exit(main())
