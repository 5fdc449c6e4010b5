"""Redis on loopback."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..laboratory import new_folder
from ..programs import program
from ..server import START_WITHIN, Server, on_free_ports

__all__ = ["Redis", "redis"]

# No snapshots, and one thread of input and output: what a lesson asks of it fits into memory.
SETTINGS = {"bind": "127.0.0.1", "save": '""', "appendonly": "no", "daemonize": "no", "databases": 1}


def redis(settings: Mapping[str, object] | None = None, patience: float = START_WITHIN) -> Redis:
    """Start an empty Redis server; end it with ``stop()`` or by ``with``.

    Parameters
    ----------
    settings
        Lines of redis.conf, such as ``{"appendonly": "yes"}``. By default nothing is written to disk, so that
        a killed server comes back empty.
    patience
        Seconds within which it must serve.

    Returns
    -------
    Redis

    Raises
    ------
    ServerNotFound
        If Redis or redis-py is not installed.
    LiveError
        If it does not start; the sentence ends with its log.

    Examples
    --------
    >>> from distlab.live import is_available
    >>> if is_available("redis"):
    ...     with redis() as server:
    ...         assert server.client().set("lock:1", "me", nx=True, px=1000)
    """
    path = program("redis").path

    def start(ports: Sequence[int]) -> Redis:
        server = Redis(new_folder("redis"), ports, path, settings or {})
        try:
            return server.start(patience)
        except BaseException:
            server.stop()
            raise

    return on_free_ports(1, start)


class Redis(Server):
    """A running Redis server; :func:`redis` makes one."""

    name = "redis-server"

    def __init__(self, folder: Path, ports: Sequence[int], path: str, settings: Mapping[str, object]) -> None:
        super().__init__(folder, ports)
        self.path = path
        self.password = secrets.token_hex(16)
        lines = {**SETTINGS, **settings, "port": self.port, "requirepass": self.password, "dir": folder}
        (folder / "redis.conf").write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    @property
    def url(self) -> str:
        """What a client connects by."""
        return f"redis://:{self.password}@{self.address}/0"

    def client(self, **options: Any) -> Any:
        """Return a client of redis-py that answers with texts; options go to ``redis.Redis.from_url``."""
        import redis

        return redis.Redis.from_url(self.url, **{"decode_responses": True, **options})

    def command(self) -> list[str]:
        return [self.path, str(self.folder / "redis.conf")]

    def serves(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := line.recv(100)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
