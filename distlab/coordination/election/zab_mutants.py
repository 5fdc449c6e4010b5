"""ZAB with one safeguard switched off at a time, and what then breaks.

"One leader per epoch" and "fresh leader" are safety; "a leader once faults stop" is liveness.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from distlab.sim import NodeId, Trace

from .mutant import Mutant
from .zab import AckEpoch, Notification, Vote, Zab

__all__ = ["MUTANTS", "fresh_leader"]

ONE_LEADER = "one leader per epoch"
FRESH = "fresh leader"
A_LEADER = "a leader once faults stop"


class KeepsItsVote(Zab):
    def is_better(self, vote: Vote) -> bool:
        return False


class ComparesIds(Zab):
    def is_better(self, vote: Vote) -> bool:
        return vote[2] > self.vote[2]


class IgnoresHistories(ComparesIds):
    def is_ahead(self, follower: AckEpoch) -> bool:
        return False


class SendsItsVoteOnce(Zab):
    def send_vote_again(self) -> None:
        pass


class IgnoresRounds(Zab):
    def receive_vote(self, msg: Notification, sender: NodeId) -> None:
        here = Notification(msg.epoch, msg.zxid, msg.leader, self.round, msg.state)
        super().receive_vote(here, sender)


class BelievesAnybody(Zab):
    def is_confirmed(self, msg: Notification) -> bool:
        return True


class HalfIsEnough(Zab):
    def is_quorum(self, servers: Container[NodeId]) -> bool:
        return 2 * sum([id in servers for id in self.voters]) >= len(self.voters)


class ForgetsTheAcceptedEpoch(Zab):
    stable = ("current_epoch", "zxid")


class LeadsAtOnce(Zab):
    def propose_epoch(self) -> None:
        super().propose_epoch()
        self.epoch = self.current_epoch = self.accepted_epoch = self.accepted_epoch + (self.epoch is None)
        self.become("leading", epoch=self.epoch)


class LeadsAlone(Zab):
    def check_followers(self) -> None:
        self.wait(self.timeout, self.check_followers)


class TrustsItsLeader(Zab):
    def watch_leader(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class WaitsForTheElected(Zab):
    def reach_leader(self) -> None:
        super().reach_leader()
        if self.timer is not None:
            self.timer.cancel()


_PAPER = "Junqueira, Reed and Serafini 2011, phase"
_ZOOKEEPER = "ZooKeeper, FastLeaderElection"
_STALE_HIGHEST: tuple[Mapping[str, int], ...] = ({"zxid": 5}, {"zxid": 5}, {"zxid": 0})

MUTANTS = (
    Mutant(
        name="keeps its vote",
        kind=KeepsItsVote,
        base=Zab,
        safeguard="a server that hears of a better vote votes for the same, and tells all",
        source=_ZOOKEEPER,
        breaks=A_LEADER,
    ),
    Mutant(
        name="compares server ids only",
        kind=ComparesIds,
        base=Zab,
        safeguard="votes are compared by epoch and zxid first",
        source=_ZOOKEEPER,
        breaks=A_LEADER,
        arguments=_STALE_HIGHEST,
    ),
    Mutant(
        name="looks at no history",
        kind=IgnoresHistories,
        base=Zab,
        safeguard="votes are compared by epoch and zxid first, and no follower may be ahead of its leader",
        source=f"{_ZOOKEEPER} and Leader",
        breaks=FRESH,
        arguments=_STALE_HIGHEST,
    ),
    Mutant(
        name="sends its vote only once",
        kind=SendsItsVoteOnce,
        base=Zab,
        safeguard="a looking server sends its vote again and again",
        source=_ZOOKEEPER,
        breaks=A_LEADER,
    ),
    Mutant(
        name="counts votes of other rounds",
        kind=IgnoresRounds,
        base=Zab,
        safeguard="votes count in the round in which they were cast",
        source=_ZOOKEEPER,
        breaks=A_LEADER,
    ),
    Mutant(
        name="believes anybody who says who leads",
        kind=BelievesAnybody,
        base=Zab,
        safeguard="a leader is joined if a quorum names it and it says so itself",
        source=_ZOOKEEPER,
        breaks=A_LEADER,
    ),
    Mutant(
        name="takes half for a quorum",
        kind=HalfIsEnough,
        base=Zab,
        safeguard="a quorum is more than half, so any two meet",
        source=f"{_PAPER} 1",
        breaks=ONE_LEADER,
        nodes=2,
    ),
    Mutant(
        name="does not keep the accepted epoch on disk",
        kind=ForgetsTheAcceptedEpoch,
        base=Zab,
        safeguard="the accepted epoch survives a crash, so it is promised once",
        source=f"{_PAPER} 1",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="leads as soon as it is elected",
        kind=LeadsAtOnce,
        base=Zab,
        safeguard="a leader is established by a quorum that has promised and begun its epoch",
        source=f"{_PAPER}s 1 and 2",
        breaks=ONE_LEADER,
        nodes=5,
    ),
    Mutant(
        name="goes on leading alone",
        kind=LeadsAlone,
        base=Zab,
        safeguard="a leader that hears of fewer than a quorum looks anew",
        source="ZooKeeper, Leader",
        breaks=A_LEADER,
    ),
    Mutant(
        name="never doubts its leader",
        kind=TrustsItsLeader,
        base=Zab,
        safeguard="a follower whose leader falls silent looks anew",
        source="ZooKeeper, Follower",
        breaks=A_LEADER,
    ),
    Mutant(
        name="waits for ever for the elected",
        kind=WaitsForTheElected,
        base=Zab,
        safeguard="an election that leads to no established leader in time was in vain",
        source="ZooKeeper, Learner",
        breaks=A_LEADER,
    ),
)


def fresh_leader(trace: Trace) -> str | None:
    """No leader's history is older than those of a quorum; so it holds every committed transaction.

    A property for runs without transactions, as here. A server's history is what it voted for itself with.

    Parameters
    ----------
    trace
        A run of :class:`~distlab.coordination.election.zab.Zab` servers.

    Returns
    -------
    str or None
        None, or a sentence that names a leader and who had a fresher history.

    References
    ----------
    Junqueira, Reed and Serafini 2011 (the initial history of an epoch).

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> fresh_leader(Simulation({1: Zab(zxid=5), 2: Zab(zxid=5), 3: Zab()}).run(until=1.0)) is None
    True
    """
    voters: set[NodeId] = set()
    history: dict[NodeId, tuple[int, int]] = {}
    for event in trace.events():
        if event.kind == "record" and event.payload.event == "vote":
            voters.add(event.node)
    for event in trace.events():
        if event.kind == "record" and event.payload.event == "vote":
            facts = event.payload.facts
            if facts["candidate"] == event.node:
                history[event.node] = (facts["epoch"], facts["zxid"])
        elif event.kind == "role" and event.payload.role == "leading":
            fresher = [id for id, other in history.items() if other > history[event.node]]
            if 2 * len(fresher) > len(voters):
                shown = ", ".join(map(repr, fresher))
                return f"node {event.node!r} leads, but more than half have a fresher history: {shown}."
    return None
