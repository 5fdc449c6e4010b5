"""Raft with one safeguard switched off at a time, and what then breaks.

Each mutant is Raft with one small method replaced. "One leader per term" and "up-to-date leader" are safety;
"a leader once faults stop" is liveness.
"""

from __future__ import annotations

from collections.abc import Mapping

from distlab.sim import Node, NodeId

from .mutant import Mutant
from .raft import PreVote, Raft, RequestVote

__all__ = ["MUTANTS", "up_to_date_leader"]

_PAPER = "Ongaro and Ousterhout 2014, section"

ONE_LEADER = "one leader per term"
A_LEADER = "a leader once faults stop"
UP_TO_DATE = "up-to-date leader"


class VotesTwice(Raft):
    def may_vote_for(self, candidate: NodeId) -> bool:
        return True


class ForgetsItsVote(Raft):
    stable = ("current_term", "log")


class ForgetsTheTerm(Raft):
    stable = ("voted_for", "log")


class ForgetsItsOwnVote(Raft):
    def cast_vote(self, candidate: NodeId) -> None:
        super().cast_vote(candidate)
        if candidate == self.id:
            self.voted_for = None


class IgnoresTheLog(Raft):
    def is_up_to_date(self, msg: RequestVote | PreVote) -> bool:
        return True


class ComparesLengthFirst(Raft):
    def is_up_to_date(self, msg: RequestVote | PreVote) -> bool:
        return (msg.last_log_index, msg.last_log_term) >= (self.last_log_index(), self.last_log_term())


class HalfIsEnough(Raft):
    def has_majority(self) -> bool:
        return 2 * len(self.votes) >= len(self.peers) + 1


class WinsUnasked(Raft):
    def has_majority(self) -> bool:
        return True


class CountsTwice(Raft):
    def count_vote(self, voter: NodeId) -> None:
        super().count_vote((voter, len(self.votes)))


class CountsOldVotes(Raft):
    def is_of_this_term(self, term: int) -> bool:
        return True


class KeepsItsRole(Raft):
    def step_down(self) -> None:
        self.become(str(self.role), term=self.current_term)


class KeepsItsVote(Raft):
    def enter_term(self, term: int) -> None:
        vote = self.voted_for
        super().enter_term(term)
        self.voted_for = vote


class SameTimeouts(Raft):
    def election_timeout(self) -> float:
        return self.timeout.mean


class StandsOnce(Raft):
    def election_timeout_elapsed(self) -> None:
        if self.role != "candidate":
            super().election_timeout_elapsed()


MUTANTS = (
    Mutant(
        name="votes twice in a term",
        kind=VotesTwice,
        base=Raft,
        safeguard="one vote per term, first come, first served",
        source=f"{_PAPER} 5.2",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="forgets its vote in a crash",
        kind=ForgetsItsVote,
        base=Raft,
        safeguard="voted_for is on disk before a vote is answered",
        source=f"{_PAPER} 5, figure 2 (persistent state)",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="forgets the term in a crash",
        kind=ForgetsTheTerm,
        base=Raft,
        safeguard="current_term is on disk before a message is answered",
        source=f"{_PAPER} 5, figure 2 (persistent state)",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="forgets that it voted for itself",
        kind=ForgetsItsOwnVote,
        base=Raft,
        safeguard="a candidate's own vote is its only one in the term",
        source=f"{_PAPER} 5.2",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="ignores the log check",
        kind=IgnoresTheLog,
        base=Raft,
        safeguard="a voter denies its vote if its own log is more up-to-date",
        source=f"{_PAPER} 5.4.1",
        breaks=UP_TO_DATE,
        arguments=({"log": ()}, {"log": (1,)}, {"log": (1,)}),
    ),
    Mutant(
        name="prefers the longer log to the later term",
        kind=ComparesLengthFirst,
        base=Raft,
        safeguard="the log whose last entry has the later term is more up-to-date; length decides only a tie",
        source=f"{_PAPER} 5.4.1",
        breaks=UP_TO_DATE,
        arguments=({"log": (1, 1, 1)}, {"log": (1, 2)}, {"log": (1, 2)}),
    ),
    Mutant(
        name="takes half of the votes for a majority",
        kind=HalfIsEnough,
        base=Raft,
        safeguard="a candidate needs the votes of more than half of all nodes",
        source=f"{_PAPER} 5.2",
        breaks=ONE_LEADER,
        nodes=4,
    ),
    Mutant(
        name="leads without asking",
        kind=WinsUnasked,
        base=Raft,
        safeguard="a candidate needs the votes of more than half of all nodes",
        source=f"{_PAPER} 5.2",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="counts a vote twice when its message comes twice",
        kind=CountsTwice,
        base=Raft,
        safeguard="votes are counted per voter",
        source=f"{_PAPER} 5.2 (votes from a majority of the servers)",
        breaks=ONE_LEADER,
        nodes=5,
    ),
    Mutant(
        name="counts votes of an earlier term",
        kind=CountsOldVotes,
        base=Raft,
        safeguard="a majority must vote in the same term",
        source=f"{_PAPER} 5.2",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="stays leader in a later term",
        kind=KeepsItsRole,
        base=Raft,
        safeguard="a candidate or leader that learns of a higher term becomes follower",
        source=f"{_PAPER} 5.1",
        breaks=ONE_LEADER,
    ),
    Mutant(
        name="keeps its vote for all later terms",
        kind=KeepsItsVote,
        base=Raft,
        safeguard="a new term begins with a free vote",
        source=f"{_PAPER} 5.1 and 5.2",
        breaks=A_LEADER,
    ),
    Mutant(
        name="always waits for the same time",
        kind=SameTimeouts,
        base=Raft,
        safeguard="election time-outs are drawn at random",
        source=f"{_PAPER} 5.2 and 9.3",
        breaks=A_LEADER,
    ),
    Mutant(
        name="stands only once",
        kind=StandsOnce,
        base=Raft,
        safeguard="a candidate that neither wins nor loses stands again after another time-out",
        source=f"{_PAPER} 5.2",
        breaks=A_LEADER,
    ),
)


def up_to_date_leader(nodes: Mapping[NodeId, Node]) -> str | None:
    """The leader's log is at least as up-to-date as those of a majority; so it holds every committed entry.

    A property for runs in which no log changes, as here.

    Parameters
    ----------
    nodes
        Id -> :class:`~distlab.coordination.election.raft.Raft` node, at one instant of a run. Nodes that are
        left out, because they are down, count as not fresher.

    Returns
    -------
    str or None
        None, or a sentence that names a leader and who has a fresher log.

    References
    ----------
    Ongaro and Ousterhout 2014, sections 5.4.1 and 5.4.3 (leader completeness).

    Examples
    --------
    >>> up_to_date_leader({1: Raft(log=(1, 1)), 2: Raft(log=(1, 2))}) is None  # nobody leads
    True
    """
    for id, node in nodes.items():
        if node.role == "leader":
            fresher = [other for other, peer in nodes.items() if _freshness(peer) > _freshness(node)]
            if 2 * len(fresher) >= len(node.peers) + 1:
                shown = ", ".join(repr(other) for other in fresher)
                return f"node {id!r} leads, but half of the nodes or more have a fresher log: {shown}."
    return None


def _freshness(node: Node) -> tuple[int, int]:
    log = vars(node)["log"]
    return (log[-1] if log else 0, len(log))
