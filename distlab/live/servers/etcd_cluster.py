"""An etcd cluster on loopback, spoken to through its JSON gateway."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import LiveError
from ..laboratory import KILL, new_folder
from ..programs import program
from ..server import START_WITHIN, Ensemble, Server, on_free_ports
from ..waiting import wait_until

__all__ = ["Etcd", "EtcdMember", "MemberStatus", "etcd"]


def etcd(
    members: int = 3,
    heartbeat: float = 0.1,
    election: float = 1.0,
    pre_vote: bool = True,
    patience: float = START_WITHIN,
) -> Etcd:
    """Start an etcd cluster; end it with ``stop()`` or by ``with``.

    Parameters
    ----------
    members
        How many; 1 or more.
    heartbeat
        Seconds between the leader's heartbeats (``--heartbeat-interval``).
    election
        Election time-out in seconds (``--election-timeout``): a follower waits for one to two of them.
    pre_vote
        Whether members ask before they stand (``--pre-vote``).
    patience
        Seconds within which it must serve.

    Returns
    -------
    Etcd

    Raises
    ------
    ServerNotFound
        If etcd is not installed.
    LiveError
        If it does not start; the sentence ends with its log.
    ValueError
        If ``members`` is less than 1, or ``election`` is less than five heartbeats, as etcd demands.

    Examples
    --------
    >>> from distlab.live import is_available
    >>> if is_available("etcd"):
    ...     with etcd(members=1, heartbeat=0.02, election=0.1) as cluster:
    ...         cluster.put("course", "04")
    ...         assert cluster.get("course") == "04"
    """
    if members < 1:
        raise ValueError(f"members must be 1 or more; got {members!r}.")
    if not election >= 5 * heartbeat > 0:
        raise ValueError(f"election must be at least five heartbeats of {heartbeat!r} s; got {election!r}.")
    path = program("etcd").path

    def start(ports: Sequence[int]) -> Etcd:
        pairs = [ports[2 * i : 2 * i + 2] for i in range(members)]
        peers = ",".join(f"member-{n}=http://127.0.0.1:{peer}" for n, (_, peer) in enumerate(pairs, start=1))
        times = [
            f"--heartbeat-interval={round(heartbeat * 1000)}",
            f"--election-timeout={round(election * 1000)}",
            f"--pre-vote={str(pre_vote).lower()}",
        ]
        cluster = Etcd(
            [
                EtcdMember(
                    new_folder(f"etcd-{number}"), pair, number, path, [*times, f"--initial-cluster={peers}"]
                )
                for number, pair in enumerate(pairs, start=1)
            ]
        )
        try:
            for member in cluster.members:
                member.launch()
            for member in cluster.members:
                member.wait_until_it_serves(patience)
            return cluster
        except BaseException:
            cluster.stop()
            raise

    return on_free_ports(2 * members, start)


class MemberStatus(NamedTuple):
    """What a member says about itself; ids are numbers, 0 stands for no leader."""

    id: int
    leader: int
    term: int
    applied: int


class EtcdMember(Server):
    """One member of a cluster."""

    name = "etcd"
    last_signal = KILL  # asked to end, a member tries for seconds to hand over what nobody needs any more

    def __init__(
        self, folder: Path, ports: Sequence[int], number: int, path: str, options: Sequence[str]
    ) -> None:
        super().__init__(folder, ports)
        self.number = number
        self.path = path
        self.arguments = list(options)

    def command(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{port}" for port in self.ports)
        return [
            self.path,
            f"--name=member-{self.number}",
            f"--data-dir={self.folder / 'data'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            "--initial-cluster-state=new",
            "--log-level=warn",
            "--unsafe-no-fsync",
            *self.arguments,
        ]

    def ask(self, path: str, body: dict[str, Any] | None = None, timeout: float = 2.0) -> dict[str, Any]:
        """Send a request to the JSON gateway, a POST if there is a body.

        Raises
        ------
        OSError
            If the member does not answer within ``timeout`` seconds.
        LiveError
            If it answers with an error.
        """
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            if body is None:
                line.request("GET", path)
            else:
                line.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer = line.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:  # it was killed in the middle of its answer
            raise ConnectionError(str(error)) from error
        finally:
            line.close()
        if answer.status != 200:
            raise LiveError(f"etcd member {self.number} answers {path} with {answer.status}: {text.decode()}")
        return json.loads(text)

    def status(self, timeout: float = 2.0) -> MemberStatus | None:
        """Return the member's view of the cluster; None if it does not answer in time."""
        try:
            said = self.ask("/v3/maintenance/status", {}, timeout)
        except (OSError, LiveError):
            return None
        return MemberStatus(
            int(said["header"]["member_id"]),
            int(said.get("leader", 0)),
            int(said.get("raftTerm", 0)),
            int(said.get("raftAppliedIndex", 0)),
        )

    def serves(self) -> bool:
        """Whether it answers a read that a majority has confirmed."""
        try:
            return self.ask("/health").get("health") == "true"
        except (OSError, LiveError):
            return False


class Etcd(Ensemble):
    """A running cluster; :func:`etcd` makes one."""

    members: list[EtcdMember]  # type: ignore[assignment]  # a narrower list than an ensemble's

    def leader(self, patience: float = START_WITHIN) -> EtcdMember:
        """Return the member that leads; wait if there is none yet.

        Raises LiveError if there is none within ``patience`` seconds.
        """
        wait_until(lambda: self.leader_now() is not None, patience, "The cluster had no leader")
        found = self.leader_now()
        if found is None:
            raise LiveError("The cluster lost its leader again.")
        return found

    def leader_now(self) -> EtcdMember | None:
        """Return the member that says that it leads, the one of the highest term if there are two."""
        views = [(member, member.status()) for member in self.members if member.runs]
        leaders = [(view.term, member) for member, view in views if view and view.id == view.leader]
        return max(leaders, key=lambda pair: pair[0])[1] if leaders else None

    def put(self, key: str, value: str, timeout: float = 2.0) -> None:
        """Write one key through any running member; raises OSError or LiveError if it is not accepted."""
        self._any().ask("/v3/kv/put", {"key": _code(key), "value": _code(value)}, timeout)

    def get(self, key: str, timeout: float = 2.0) -> str | None:
        """Read one key through any running member; None if there is none."""
        found = self._any().ask("/v3/kv/range", {"key": _code(key)}, timeout).get("kvs", [])
        return base64.b64decode(found[0]["value"]).decode() if found else None

    def _any(self) -> EtcdMember:
        for member in self.members:
            if member.runs:
                return member
        raise LiveError("No member of the cluster runs.")


def _code(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
