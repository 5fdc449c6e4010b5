"""PBFT with one safeguard switched off at a time, and what then breaks.

"One request per number" and "executed once" are safety, "the truth for clients" is what clients see, "clients
are served" is liveness. Each mutant of a replica is an honest one; what it cannot bear is one liar, or a view
change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distlab.coordination.election.mutant import Mutant

from .pbft import Pbft
from .pbft_client import PbftClient
from .pbft_messages import NewView, Prepared, PrePrepare, Request, ViewChange
from .pbft_normal import Key

__all__ = ["PBFT_MUTANTS"]

_PAPER = "Castro and Liskov 1999, section"

ONE_REQUEST = "one request per number"
ONCE = "executed once"
TRUTH = "the truth for clients"
SERVED = "clients are served"


class SmallQuorums(Pbft):
    def quorum(self) -> int:
        return self.f + 1


class CommitsTooSoon(Pbft):
    def is_committed(self, key: Key) -> bool:
        return self.is_prepared(key)


class ForgetsWhatIsPrepared(Pbft):
    def all_prepared(self) -> tuple[Prepared, ...]:
        return ()


class BelievesAnyProof(Pbft):
    def proves(self, proof: Prepared) -> bool:
        return True


class BelievesAnyNewView(Pbft):
    def follows(self, msg: NewView) -> bool:
        return True


class AcceptsTwice(Pbft):
    def is_first(self, msg: PrePrepare) -> bool:
        return True


class TrustsTheDigest(Pbft):
    def fits(self, msg: PrePrepare) -> bool:
        return True


class ExecutesAtOnce(Pbft):
    def execute(self) -> None:
        for number in sorted(self.committed):
            self.executed = max(self.executed, number)
            self.apply(self.executed, self.committed.pop(number))


class ExecutesTwice(Pbft):
    def is_new(self, request: Request) -> bool:
        return True


class TakesTheEarliestView(Pbft):
    def pre_prepares_of(self, view: int, votes: Sequence[ViewChange]) -> tuple[PrePrepare, ...]:
        low = max(vote.stable_number for vote in votes)
        found: dict[int, PrePrepare] = {}
        for vote in votes:
            for proof in vote.prepared:
                other = found.setdefault(proof.pre_prepare.number, proof.pre_prepare)
                if proof.pre_prepare.view < other.view:
                    found[other.number] = proof.pre_prepare
        return tuple([self.again(view, at, found.get(at)) for at in range(low + 1, max([low, *found]) + 1)])


class StaysInTheOldView(Pbft):
    def go_on(self, view: int, number: int) -> None:
        kept = self.view, self.changing
        self.view, self.changing = view, False
        super().go_on(view, number)
        self.view, self.changing = kept


class NeverSuspects(Pbft):
    def expect(self, request: Request) -> None:
        pass


class BelievesAnyone(PbftClient):
    def is_believed(self, result: Any) -> bool:
        return True


PBFT_MUTANTS = (
    Mutant(
        name="takes f+1 for a quorum",
        kind=SmallQuorums,
        base=Pbft,
        safeguard="any two quorums share a correct replica",
        source=f"{_PAPER} 4 (quorums of 2f+1)",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="executes what is only prepared",
        kind=CommitsTooSoon,
        base=Pbft,
        safeguard="2f+1 commits, so that every view change will name the request",
        source=f"{_PAPER} 4.2, committed-local",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="forgets in a view change what is prepared",
        kind=ForgetsWhatIsPrepared,
        base=Pbft,
        safeguard="a view change names every prepared request after the stable checkpoint",
        source=f"{_PAPER} 4.4, P",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="believes any proof in a view change",
        kind=BelievesAnyProof,
        base=Pbft,
        safeguard="a prepared request is believed with 2f matching prepares only",
        source=f"{_PAPER} 4.4, valid view-change messages",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="believes any new view",
        kind=BelievesAnyNewView,
        base=Pbft,
        safeguard="backups compute for themselves what the new view must begin with",
        source=f"{_PAPER} 4.4, valid new-view messages",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="accepts two pre-prepares for one number",
        kind=AcceptsTwice,
        base=Pbft,
        safeguard="one pre-prepare for a view and a number",
        source=f"{_PAPER} 4.2, pre-prepare",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="trusts the primary's digest",
        kind=TrustsTheDigest,
        base=Pbft,
        safeguard="the digest in a pre-prepare is that of the request",
        source=f"{_PAPER} 4.2, pre-prepare",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="executes as soon as it commits",
        kind=ExecutesAtOnce,
        base=Pbft,
        safeguard="execution in the order of the numbers",
        source=f"{_PAPER} 4.2, commit",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="executes a request as often as it has a number",
        kind=ExecutesTwice,
        base=Pbft,
        safeguard="a client's time stamps grow, and an old one is not executed again",
        source=f"{_PAPER} 4.1",
        breaks=ONCE,
        nodes=4,
    ),
    Mutant(
        name="goes on in the old view while it wants a new one",
        kind=StaysInTheOldView,
        base=Pbft,
        safeguard="who has said what it has prepared prepares nothing more in the old view",
        source=f"{_PAPER} 4.4",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="takes over from the earliest view",
        kind=TakesTheEarliestView,
        base=Pbft,
        safeguard="of several prepared requests for a number, that of the latest view counts",
        source=f"{_PAPER} 4.4, O",
        breaks=ONE_REQUEST,
        nodes=4,
    ),
    Mutant(
        name="never suspects the primary",
        kind=NeverSuspects,
        base=Pbft,
        safeguard="backups change the view when a request is not executed in time",
        source=f"{_PAPER} 4.4",
        breaks=SERVED,
        nodes=4,
    ),
    Mutant(
        name="believes the first reply",
        kind=BelievesAnyone,
        base=PbftClient,
        safeguard="a client waits for f+1 equal replies",
        source=f"{_PAPER} 4.1",
        breaks=TRUTH,
        nodes=4,
    ),
)
