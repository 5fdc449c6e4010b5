"""The progress bar of a sweep."""

from __future__ import annotations

import os
import warnings
from time import perf_counter
from types import TracebackType
from typing import Any, Self

APPEARS_AFTER = 1.0  # seconds


class Bar:
    """A progress bar that appears only when the work has taken a while, and goes when it is done."""

    def __init__(self, total: int, name: str, wanted: bool) -> None:
        self.wanted = wanted and os.environ.get("DISTLAB_PROGRESS") != "0"
        self.total = total
        self.name = name
        self.done = 0
        self.start = perf_counter()
        self.bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()

    def advance(self, runs: int) -> None:
        """Count finished runs. Called with 0 now and then, so that the bar appears on time."""
        self.done += runs
        if self.bar is not None:
            self.bar.update(runs)
        elif self.wanted and self.done < self.total and perf_counter() - self.start > APPEARS_AFTER:
            from tqdm.auto import tqdm  # slow to import; most sweeps are short

            self.bar = tqdm(total=self.total, initial=self.done, desc=self.name, unit="run", leave=False)

    def warn(self, sentence: str) -> None:
        """Say something about the progress, unless none is wanted."""
        if self.wanted:
            warnings.warn(sentence, RuntimeWarning, stacklevel=4)  # at the line that calls sweep
