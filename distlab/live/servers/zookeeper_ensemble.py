"""A ZooKeeper ensemble on loopback."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import LiveError
from ..laboratory import new_folder
from ..programs import java, program
from ..server import START_WITHIN, Ensemble, Server, on_free_ports
from ..waiting import wait_until

__all__ = ["ServerState", "ZooKeeper", "ZooKeeperServer", "zookeeper"]

# A small heap, quick compilation, no file of measurements outside of the server's directory. On loopback a
# server that left does not answer, so that its address need not be tried for long (cnxTimeout, in ms).
JAVA = [
    "-Xms24m",
    "-Xmx96m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-Dzookeeper.admin.enableServer=false",
    "-Dzookeeper.cnxTimeout=500",
    "-Dzookeeper.jmx.log4j.disable=true",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
    "-Dorg.slf4j.simpleLogger.showThreadName=false",
    "-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.NIOServerCnxn=warn",  # each srvr, else
]
# Its releases log by Logback; Debian's package brings no logger, but depends on one that needs no file.
LOGBACK = """<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{HH:mm:ss.SSS} %level %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
"""


def zookeeper(
    servers: int = 3,
    tick: float = 0.2,
    init_limit: int = 25,
    sync_limit: int = 5,
    patience: float = START_WITHIN,
) -> ZooKeeper:
    """Start a ZooKeeper ensemble; end it with ``stop()`` or by ``with``.

    Parameters
    ----------
    servers
        How many; 1 or more. A single one runs without elections.
    tick
        ``tickTime`` in seconds. Sessions last from 2 to 20 ticks; a leader pings every half tick.
    init_limit
        ``initLimit``: ticks within which a new leader must have its followers.
    sync_limit
        ``syncLimit``: ticks without a sign after which leader or follower look for a leader anew.
    patience
        Seconds within which it must serve.

    Returns
    -------
    ZooKeeper

    Raises
    ------
    ServerNotFound
        If ZooKeeper, Java or kazoo is not installed.
    LiveError
        If it does not start; the sentence ends with its log.
    ValueError
        If ``servers`` is less than 1, or ``tick`` is less than a millisecond.

    Examples
    --------
    >>> from distlab.live import is_available
    >>> if is_available("zookeeper"):
    ...     with zookeeper(servers=1) as ensemble:
    ...         assert ensemble.leader().state().mode == "standalone"
    """
    if servers < 1:
        raise ValueError(f"servers must be 1 or more; got {servers!r}.")
    if not tick >= 0.001:
        raise ValueError(f"tick must be 0.001 s or more; got {tick!r}.")
    classpath = program("zookeeper").path

    def start(ports: Sequence[int]) -> ZooKeeper:
        limits = {
            "tickTime": round(tick * 1000),
            "initLimit": init_limit,
            "syncLimit": sync_limit,
            "4lw.commands.whitelist": "*",
            "maxClientCnxns": 0,
            "autopurge.purgeInterval": 0,
        }
        triples = [ports[3 * i : 3 * i + 3] for i in range(servers)]
        if servers > 1:
            limits |= {
                f"server.{number}": f"127.0.0.1:{quorum}:{election}"
                for number, (_, quorum, election) in enumerate(triples, start=1)
            }
        ensemble = ZooKeeper(
            [
                ZooKeeperServer(new_folder(f"zookeeper-{number}"), triple, number, classpath, limits)
                for number, triple in enumerate(triples, start=1)
            ]
        )
        try:
            for member in ensemble.members:
                member.launch()
            for member in ensemble.members:
                member.wait_until_it_serves(patience)
            return ensemble
        except BaseException:
            ensemble.stop()
            raise

    return on_free_ports(3 * servers, start)


class ServerState(NamedTuple):
    """What a server says about itself (``srvr``)."""

    mode: str  # leader, follower, standalone
    zxid: int


class ZooKeeperServer(Server):
    """One server of an ensemble."""

    name = "zookeeper"

    def __init__(
        self, folder: Path, ports: Sequence[int], number: int, classpath: str, settings: dict[str, Any]
    ) -> None:
        super().__init__(folder, ports)
        self.number = number
        self.classpath = classpath
        data = folder / "data"
        data.mkdir()
        (data / "myid").write_text(f"{number}\n")
        lines = {**settings, "clientPort": self.port, "clientPortAddress": "127.0.0.1", "dataDir": data}
        (folder / "zoo.cfg").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        (folder / "logback.xml").write_text(LOGBACK)

    def command(self) -> list[str]:
        classpath = os.pathsep.join([str(self.folder), self.classpath])
        temporary = f"-Djava.io.tmpdir={self.folder}"
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        return [java() or "java", *JAVA, temporary, "-cp", classpath, main, str(self.folder / "zoo.cfg")]

    def ask(self, word: str, timeout: float = 2.0) -> str:
        """Send a command of four letters, such as ``srvr`` or ``mntr``; "" if the server does not answer."""
        answer = b""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as line:
                line.sendall(word.encode())
                while more := line.recv(4096):
                    answer += more
        except OSError:
            return ""
        return answer.decode()

    def state(self, timeout: float = 2.0) -> ServerState | None:
        """Return the server's part in the ensemble; None while it has none and serves no client."""
        said = dict(line.split(": ", 1) for line in self.ask("srvr", timeout).splitlines() if ": " in line)
        if "Mode" not in said:
            return None
        return ServerState(said["Mode"], int(said["Zxid"], 16))

    def serves(self) -> bool:
        return self.state() is not None


class ZooKeeper(Ensemble):
    """A running ensemble; :func:`zookeeper` makes one."""

    members: list[ZooKeeperServer]  # type: ignore[assignment]  # a narrower list than an ensemble's

    def leader(self, patience: float = START_WITHIN) -> ZooKeeperServer:
        """Return the member that leads, or the only one; wait if there is none yet.

        Raises LiveError if there is none within ``patience`` seconds.
        """
        wait_until(lambda: self.leader_now() is not None, patience, "The ensemble had no leader")
        found = self.leader_now()
        if found is None:
            raise LiveError("The ensemble lost its leader again.")
        return found

    def leader_now(self) -> ZooKeeperServer | None:
        """Return the member that says that it leads, if any."""
        for member in self.members:
            if member.runs and (state := member.state()) and state.mode in ("leader", "standalone"):
                return member
        return None

    def watches(self) -> int:
        """Return how many watches clients have set and were not told of yet (``mntr``)."""
        lines = [line.split() for member in self.members for line in member.ask("mntr").splitlines()]
        return sum(int(line[1]) for line in lines if line[:1] == ["zk_watch_count"])

    def client(self, timeout: float = 4.0, **options: Any) -> Any:
        """Return a connected client of kazoo; call its ``stop()`` and ``close()``.

        ``timeout`` is the session's, in seconds; other options go to ``kazoo.client.KazooClient``.
        """
        from kazoo.client import KazooClient

        client = KazooClient(hosts=self.addresses, timeout=timeout, **options)
        client.start(timeout=START_WITHIN)
        return client
