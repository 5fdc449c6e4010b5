"""Where the files of ``data/`` are, and how they are read.

In a checkout (an editable install) they stand beside the package, in a wheel inside it, as ``distlab/_data``.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["data_directory", "names", "read"]

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def data_directory() -> Path:
    """Return the directory that holds the course's facts.

    Raises FileNotFoundError, if the package was installed without them.

    >>> (data_directory() / "stations.toml").exists()
    True
    """
    for place in (_PACKAGE / "_data", _PACKAGE.parent / "data"):
        if (place / "stations.toml").is_file():
            return place
    raise FileNotFoundError(
        "The course's data files were not found beside the package distlab; install it again from a wheel, "
        "or with `pip install -e .` in a checkout."
    )


@cache
def names(folder: str) -> tuple[str, ...]:
    """Return the names of the files in a folder of ``data/``, sorted, without their suffix.

    >>> names("lectures")[4]
    '04'
    """
    return tuple(sorted(path.stem for path in (data_directory() / folder).glob("*.toml")))


@cache
def read(name: str) -> dict[str, Any]:
    """Return the content of one file of ``data/``, named without its suffix. Callers do not change it.

    >>> read("lectures/04")["number"]
    '04'
    """
    with (data_directory() / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
