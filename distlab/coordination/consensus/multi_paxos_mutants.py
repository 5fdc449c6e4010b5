"""Multi-Paxos with one safeguard switched off at a time, and what then breaks.

"One command per slot" and "executed once" are safety, "the truth for clients" is what clients see, "clients
are served" is liveness.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from distlab.coordination.election.mutant import Mutant
from distlab.sim import NodeId

from .multi_paxos import MultiPaxos, Proposals
from .paxos import Ballot

__all__ = ["MULTI_PAXOS_MUTANTS"]

_PAPER = "Lamport 2001, section"

ONE_COMMAND = "one command per slot"
ONCE = "executed once"
SERVED = "clients are served"


class BeginsAfresh(MultiPaxos):
    def to_propose_again(self, promises: Mapping[NodeId, Proposals]) -> dict[int, Any]:
        return {}


class TakesTheEarliestProposal(MultiPaxos):
    def is_later(self, ballot: Ballot, other: Ballot) -> bool:
        return ballot < other


class LeavesGaps(MultiPaxos):
    def without_gaps(self, commands: dict[int, Any]) -> dict[int, Any]:
        return commands


class AppliesOutOfOrder(MultiPaxos):
    def carry_out(self) -> None:
        for slot in sorted(self.log):
            if slot > self.applied:
                self.apply(slot)


class ExecutesTwice(MultiPaxos):
    def is_new(self, client: NodeId, serial: int) -> bool:
        return True


class ForgetsItsPromise(MultiPaxos):
    stable = tuple([name for name in MultiPaxos.stable if name != "promised"])


class ForgetsWhatItAccepted(MultiPaxos):
    stable = tuple([name for name in MultiPaxos.stable if name != "accepted"])


class HalfIsAMajority(MultiPaxos):
    def is_majority(self, nodes: Collection[NodeId]) -> bool:
        return 2 * len(nodes) >= len(self.peers) + 1


class AcceptsOldBallots(MultiPaxos):
    def may_accept(self, ballot: Ballot) -> bool:
        return True


class TakesWhatItHasForChosen(MultiPaxos):
    def is_known(self, slot: int, ballot: Ballot) -> bool:
        return slot in self.accepted


class CountsOldAcceptances(MultiPaxos):
    def is_of_this_ballot(self, ballot: Ballot) -> bool:
        return True


class NeverStandsAgain(MultiPaxos):
    def stand(self) -> None:
        if self.promised == (0, 0):
            super().stand()


class NeverAsks(MultiPaxos):
    def ask(self, leader: NodeId) -> None:
        pass


MULTI_PAXOS_MUTANTS = (
    Mutant(
        name="begins with an empty log when it leads",
        kind=BeginsAfresh,
        base=MultiPaxos,
        safeguard="a new leader proposes again what the promises name",
        source=f"{_PAPER} 3 (the new leader executes phase 1 for all instances)",
        breaks=ONE_COMMAND,
    ),
    Mutant(
        name="takes over the earliest proposal",
        kind=TakesTheEarliestProposal,
        base=MultiPaxos,
        safeguard="of several proposals for a slot, that of the latest ballot counts",
        source=f"{_PAPER} 2.2, P2c",
        breaks=ONE_COMMAND,
    ),
    Mutant(
        name="leaves gaps in the log",
        kind=LeavesGaps,
        base=MultiPaxos,
        safeguard="a new leader fills the slots between with no-ops",
        source=f"{_PAPER} 3 (no-op commands fill the gap)",
        breaks=SERVED,
    ),
    Mutant(
        name="carries out what is chosen before what comes first",
        kind=AppliesOutOfOrder,
        base=MultiPaxos,
        safeguard="slot by slot, without a gap",
        source=f"{_PAPER} 3",
        breaks=SERVED,
    ),
    Mutant(
        name="executes a command as often as it has a slot",
        kind=ExecutesTwice,
        base=MultiPaxos,
        safeguard="the numbers of a client's commands grow, and an old one is not executed again",
        source="Ongaro and Ousterhout 2014, section 8 (serial numbers of a client's commands)",
        breaks=ONCE,
    ),
    Mutant(
        name="forgets its promise in a crash",
        kind=ForgetsItsPromise,
        base=MultiPaxos,
        safeguard="a promise is on disk before it is given",
        source=f"{_PAPER} 2.5",
        breaks=ONE_COMMAND,
    ),
    Mutant(
        name="forgets in a crash what it accepted",
        kind=ForgetsWhatItAccepted,
        base=MultiPaxos,
        safeguard="an acceptance is on disk before it is told",
        source=f"{_PAPER} 2.5",
        breaks=ONE_COMMAND,
    ),
    Mutant(
        name="takes half for a majority",
        kind=HalfIsAMajority,
        base=MultiPaxos,
        safeguard="any two majorities share an acceptor",
        source=f"{_PAPER} 2.2",
        breaks=ONE_COMMAND,
        nodes=4,
    ),
    Mutant(
        name="accepts from a leader that was replaced",
        kind=AcceptsOldBallots,
        base=MultiPaxos,
        safeguard="an acceptor accepts no ballot below one that it has promised",
        source=f"{_PAPER} 2.2, P1a",
        breaks=ONE_COMMAND,
    ),
    Mutant(
        name="takes what it has accepted for chosen",
        kind=TakesWhatItHasForChosen,
        base=MultiPaxos,
        safeguard="what the leader says is chosen is known from its own ballot only",
        source=f"{_PAPER} 2.3 and 3",
        breaks=ONE_COMMAND,
    ),
    Mutant(
        name="counts acceptances of an earlier ballot",
        kind=CountsOldAcceptances,
        base=MultiPaxos,
        safeguard="a majority must accept the same ballot",
        source=f"{_PAPER} 2.2",
        breaks=ONE_COMMAND,
    ),
    Mutant(
        name="stands for election once",
        kind=NeverStandsAgain,
        base=MultiPaxos,
        safeguard="when the leader is silent, another one takes its place",
        source=f"{_PAPER} 3 (a new leader is selected)",
        breaks=SERVED,
    ),
    Mutant(
        name="does not ask for what it missed",
        kind=NeverAsks,
        base=MultiPaxos,
        safeguard="a replica that missed commands asks for them",
        source=f"{_PAPER} 2.3",
        breaks=SERVED,
    ),
)
