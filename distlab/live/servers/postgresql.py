"""PostgreSQL on loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import LiveError
from ..laboratory import Process, laboratory, new_folder
from ..programs import program
from ..server import START_WITHIN, Server, on_free_ports

__all__ = ["Postgres", "postgres"]

# The data are worth nothing after the lesson, and a server leaves nothing outside of its directory.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_memory_type": "mmap",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "16MB",
    "max_connections": 50,
    "logging_collector": "off",
}


def postgres(settings: Mapping[str, object] | None = None, patience: float = START_WITHIN) -> Postgres:
    """Start a PostgreSQL server with an empty database; end it with ``stop()`` or by ``with``.

    Parameters
    ----------
    settings
        Lines of postgresql.conf, such as ``{"max_prepared_transactions": 10}``.
    patience
        Seconds within which it must serve.

    Returns
    -------
    Postgres

    Raises
    ------
    ServerNotFound
        If PostgreSQL or psycopg is not installed.
    LiveError
        If it does not start; the sentence ends with its log.

    Examples
    --------
    >>> from distlab.live import is_available
    >>> if is_available("postgres"):
    ...     with postgres() as server, server.connect() as connection:
    ...         assert connection.execute("SELECT 6 * 7").fetchone() == (42,)
    """
    binaries = Path(program("postgres").path).parent

    def start(ports: Sequence[int]) -> Postgres:
        server = Postgres(new_folder("postgres"), ports, binaries, settings or {})
        try:
            server.make_cluster()
            return server.start(patience)
        except BaseException:
            server.stop()
            raise

    return on_free_ports(1, start)


class Postgres(Server):
    """A running PostgreSQL server; :func:`postgres` makes one.

    Its ``last_signal`` asks for a fast shutdown: open transactions are rolled back.
    """

    name = "postgres"
    last_signal = signal.SIGINT

    def __init__(
        self, folder: Path, ports: Sequence[int], binaries: Path, settings: Mapping[str, object]
    ) -> None:
        super().__init__(folder, ports)
        self.settings = {**SETTINGS, **settings, "port": self.port}
        self.password = secrets.token_hex(16)
        self.user = other_user()
        if self.user is not None:
            binaries = runnable_by(self.user, binaries)
            os.chown(folder, *self.user)
        self.binaries = binaries

    @property
    def dsn(self) -> str:
        """What a client connects by."""
        return f"host=127.0.0.1 port={self.port} user=distlab password={self.password} dbname=postgres"

    def connect(self, **options: Any) -> Any:
        """Open a connection with psycopg; options such as ``autocommit=True`` go to ``psycopg.connect``."""
        import psycopg

        return psycopg.connect(self.dsn, **{"connect_timeout": 10, **options})

    def make_cluster(self) -> None:
        """Run initdb: the directory of tables, a user and a password."""
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.user is not None:
            os.chown(secret, *self.user)
        options = ["--username=distlab", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
        options += [f"--pgdata={self.folder / 'data'}", "--encoding=UTF8", "--locale=C"]
        command = [str(self.binaries / "initdb"), *options]
        process = Process(command, self.folder, user=self.user)
        if process.wait() != 0:
            raise LiveError(f"initdb ended with status {process.status}. Its log ends with:\n{process.log()}")
        secret.unlink()
        lines = [f"{name} = '{value}'" for name, value in self.settings.items()]
        with open(self.folder / "data" / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        return [str(self.binaries / "postgres"), "-D", str(self.folder / "data")]

    def options(self) -> dict[str, Any]:
        return {"user": self.user}

    def serves(self) -> bool:
        import psycopg

        try:
            with self.connect(connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True


def other_user() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root: the user and the group that it runs as then."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd

    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def runnable_by(user: tuple[int, int], binaries: Path) -> Path:
    """The programs, or a copy of them if that user may not enter the directory that they are in."""
    try:
        subprocess.run(
            [binaries / "postgres", "--version"],
            user=user[0],
            group=user[1],
            extra_groups=[],
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        copy = laboratory().root / "postgres"
        if not copy.exists():
            shutil.copytree(binaries.parent, copy, symlinks=True)
            copy.chmod(0o755)
        return copy / binaries.name
    return binaries
