"""A progress bar for long searches: nothing is shown in the first second, nothing at all with
``progress=False``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(what: str, total: int, wanted: bool = True) -> Iterator[Callable[[int], None]]:
    """A context that gives a function to be told how far the search is.

    >>> with progress_bar("searching", 10, wanted=False) as tick:
    ...     tick(5)
    """
    if not wanted or os.environ.get("DISTLAB_PROGRESS") == "0":
        yield lambda done: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=what, delay=1.0, leave=False) as bar:

        def tick(done: int) -> None:
            bar.update(done - bar.n)

        yield tick
