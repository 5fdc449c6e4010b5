"""What a live experiment found: here and now where its servers are installed, else as it was recorded.

A lesson needs one line, in a cell with the tag ``nbval-ignore-output``::

    live.live_or_recorded("lock_pause")

Its result shows a table under a sentence that says where the numbers come from. With
``DISTLAB_LIVE=recorded`` in the environment nothing is started and the recorded result is shown, so that a
stored notebook is the same wherever it was stored. What does not depend on the machine may be shown from
``recorded(name)`` in any cell.

The recordings are ``data/recorded/*.json``; ``python -m distlab.live.record NAME`` makes them anew.
"""

from __future__ import annotations

import datetime
import html
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import LiveError
from .experiments import Experiment, experiment
from .programs import is_available, program

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome", "live_or_recorded", "measure", "recorded", "recorded_directory"]

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Outcome:
    """What a live experiment found.

    Parameters
    ----------
    name
        Of the experiment.
    what
        A sentence: what was done.
    rows
        The lines of its table.
    samples
        Times in seconds by label, if it measured distributions; ``plots.cdf`` draws them.
    versions
        Program -> version.
    settings
        What the experiment was run with.
    date
        When it was recorded, as YYYY-MM-DD; "" if it was run just now.
    reason
        Why a recorded result is shown, if it should have been run; a sentence, or "".

    Examples
    --------
    >>> Outcome("tea", "The kettle was timed.", [{"run": 1, "seconds": 120}], date="2026-11-23")
    The kettle was timed. Recorded on 2026-11-23.
     run  seconds
       1      120
    """

    name: str
    what: str
    rows: Sequence[Mapping[str, Any]]
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    date: str = ""
    reason: str = ""

    @property
    def live(self) -> bool:
        """Whether it was run just now."""
        return not self.date

    @property
    def source(self) -> str:
        """A sentence that says where the numbers come from."""
        programs = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        by = f" with {programs}" if programs else ""
        told = f"Recorded on {self.date}{by}." if self.date else f"Run just now{by}."
        return f"{told} {self.reason}".strip()

    def table(self) -> pd.DataFrame:
        """Return the rows as a DataFrame."""
        import pandas as pd

        return pd.DataFrame([dict(row) for row in self.rows])

    def times(self, part: str = "") -> dict[str, Sequence[float]]:
        """Return the samples whose label has a part in it: ``plots.cdf(outcome.times("killed"), unit="s")``.

        >>> Outcome("tea", "", [], {"kettle": [120.0], "model": [100.0]}).times("kettle")
        {'kettle': [120.0]}
        """
        return {label: times for label, times in self.samples.items() if part in label}

    def __repr__(self) -> str:
        return f"{self.what} {self.source}\n{self.table().to_string(index=False)}"

    def _repr_html_(self) -> str:
        lines = f"<p>{html.escape(self.what)} {html.escape(self.source)}</p>"
        return lines + self.table().to_html(index=False, border=0, float_format="{:.4g}".format)


def recorded(name: str) -> Outcome:
    """Return the recorded result of a live experiment.

    Parameters
    ----------
    name
        Of the experiment: a file in ``data/recorded``.

    Raises
    ------
    ValueError
        If there is no such experiment.
    LiveError
        If it was not recorded.
    """
    experiment(name)
    try:
        text = (recorded_directory() / f"{name}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LiveError(f"{name} was not recorded; `python -m distlab.live.record {name}` does it.") from None
    return Outcome(name, **json.loads(text))


def is_recorded(name: str) -> bool:
    """Whether there is a recording of a live experiment."""
    return (recorded_directory() / f"{name}.json").exists()


def live_or_recorded(name: str, **options: Any) -> Outcome:
    """Run a live experiment if its servers are installed, else return the recorded result.

    Parameters
    ----------
    name
        Of the experiment.
    options
        What else its function takes, such as ``trials=5``; a recorded result has its own.

    Returns
    -------
    Outcome
        Its ``source`` says which of the two it is, and why.

    Raises
    ------
    ValueError
        If there is no such experiment.
    """
    asked_for = experiment(name)
    if os.environ.get("DISTLAB_LIVE") == "recorded":
        return recorded(name)
    missing = [server for server in asked_for.needs if not is_available(server)]
    if missing:
        return _instead(name, f"Not run here: {_listed(missing)} not installed (see live.available()).")
    try:
        return measure(asked_for, options)
    except LiveError as error:
        if not is_recorded(name):
            raise
        return _instead(name, f"It was tried here, and failed: {str(error).splitlines()[0]}")


def measure(asked_for: Experiment, options: Mapping[str, Any]) -> Outcome:
    """Run a live experiment and return what it found."""
    versions = {name: program(name).version for name in asked_for.needs}
    found = asked_for.run(**options)
    return Outcome(
        asked_for.name,
        asked_for.what,
        found["rows"],
        found.get("samples", {}),
        {**versions, "Python": platform.python_version()},
        found.get("settings", {}),
    )


def recorded_directory() -> Path:
    """Return where the recordings are: beside the package in a checkout, inside it in a wheel.

    >>> recorded_directory().name
    'recorded'
    """
    inside = _PACKAGE / "_data"
    return (inside if inside.is_dir() else _PACKAGE.parent / "data") / "recorded"


def as_text(outcome: Outcome, today: datetime.date | None = None) -> str:
    """Return the text of a recording."""
    date = (today or datetime.datetime.now(datetime.UTC).date()).isoformat()
    content = {
        "what": outcome.what,
        "date": date,
        "versions": dict(outcome.versions),
        "settings": dict(outcome.settings),
        "rows": [_rounded(row) for row in outcome.rows],
        "samples": {label: [_rounded(time) for time in times] for label, times in outcome.samples.items()},
    }
    lines = [f"  {json.dumps(key)}: {_indented(value)}" for key, value in content.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _indented(value: Any) -> str:
    """One row and one list of times a line."""
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in value) + "\n  ]"
    if isinstance(value, dict) and any(isinstance(part, list) for part in value.values()):
        parts = [f"    {json.dumps(key)}: {json.dumps(part)}" for key, part in value.items()]
        return "{\n" + ",\n".join(parts) + "\n  }"
    return json.dumps(value, ensure_ascii=False)


def _rounded(value: Any) -> Any:
    """Numbers with five digits, which is more than any of them means."""
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _instead(name: str, reason: str) -> Outcome:
    found = recorded(name)
    return Outcome(**{**vars(found), "reason": reason})


def _listed(names: Sequence[str]) -> str:
    return names[0] + " is" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} are"
