"""The atomic commit protocols with one safeguard switched off at a time, and what then breaks.

Each mutant is a protocol with one small method or table replaced. "all or none" is safety, whatever happens.
"all decide once all are back" is liveness for two-phase commit, under any faults that end; "all decide if
one stays up" for three-phase commit with its termination protocol, under crashes alone. Where a mistake
needs several crashes at their moments, or an order of messages that few runs have, the mutant names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from distlab.sim import Crash, Cut, NodeId, Outage

from ..election.mutant import Mutant
from .presumed_abort import PresumedAbort
from .presumed_commit import PresumedCommit
from .site import Branch, Site
from .termination import State, ThreePhaseTermination
from .two_phase import Abort, Ask, Round, TwoPhaseCommit

__all__ = ["ALL_BACK", "ALL_OR_NONE", "COMMIT_MUTANTS", "ONE_UP", "CommitMutant"]

ALL_OR_NONE = "all or none"
ALL_BACK = "all decide once all are back"
ONE_UP = "all decide if one stays up"


@dataclass(frozen=True)
class CommitMutant(Mutant):
    """A mutant of an atomic commit protocol.

    Parameters
    ----------
    faults
        The schedule that shows it, with 10 ms for each message; none: random ones do.
    by_order
        Whether only an order of messages shows it that needs an exhaustive search.
    """

    faults: tuple[Any, ...] = ()
    by_order: bool = False


# --- two-phase commit: votes


class HalfIsEnough(TwoPhaseCommit):
    def may_commit(self, round: Round) -> bool:
        return 2 * len(round.votes) > len(round.wanted)


class CommitsAgainstANo(TwoPhaseCommit):
    def must_abort(self, round: Round) -> bool:
        return False


class TakesSilenceForAYes(TwoPhaseCommit):
    def votes_are_missing(self, transaction: Any) -> None:
        self.decide(transaction, "commit")


class WaitsForVotesForEver(TwoPhaseCommit):
    def votes_are_missing(self, transaction: Any) -> None:
        pass


class VotesBeforeItWrites(TwoPhaseCommit):
    def force(self, kind: str, transaction: Any, *facts: Any) -> None:
        if kind == "prepared":
            self.write(kind, transaction, *facts)
            self.after_prepared(transaction)
        else:
            super().force(kind, transaction, *facts)


# --- two-phase commit: decisions


class TellsBeforeItWrites(TwoPhaseCommit):
    coordinator_forces: ClassVar[tuple[str, ...]] = ()


class ForgetsDecisions(TwoPhaseCommit):
    def recover_rounds(self) -> None:
        pass


class ForgetsBeforeAllHaveHeard(TwoPhaseCommit):
    acknowledged: ClassVar[tuple[str, ...]] = ()


class AcknowledgesBeforeItWrites(TwoPhaseCommit):
    participant_forces: ClassVar[tuple[str, ...]] = ()


class AbortsWhenInDoubt(TwoPhaseCommit):
    def inquire(self, transaction: Any) -> None:
        self.obey(transaction, self.branches[transaction], "aborting", "aborted", True)


class NeverInquires(TwoPhaseCommit):
    def inquire(self, transaction: Any) -> None:
        pass


class AnswersAndForgets(TwoPhaseCommit):
    def on_ask(self, msg: Ask, sender: NodeId) -> None:
        if msg.transaction in self.branches:
            super().on_ask(msg, sender)
        else:
            self.send(sender, Abort(msg.transaction))


class ForgetsTheDoubt(TwoPhaseCommit):
    def on_recover(self) -> None:
        self.log = [entry for entry in self.log if entry.kind != "prepared"]
        super().on_recover()


# --- presumptions


class CommitsLazily(PresumedAbort):
    coordinator_forces: ClassVar[tuple[str, ...]] = ()


class ForgetsCommits(PresumedAbort):
    acknowledged: ClassVar[tuple[str, ...]] = ()


class ParticipantsCommitLazily(PresumedAbort):
    participant_forces: ClassVar[tuple[str, ...]] = ()


class CollectsUnwritten(PresumedCommit):
    def open_round(self, transaction: Any) -> None:
        self.ask_for_votes(transaction)

    def recover_rounds(self) -> None:
        pass


class ForgetsAborts(PresumedCommit):
    acknowledged: ClassVar[tuple[str, ...]] = ()


class ParticipantsAbortLazily(PresumedCommit):
    participant_forces: ClassVar[tuple[str, ...]] = ()


class TellsCommitBeforeItWrites(PresumedCommit):
    coordinator_forces: ClassVar[tuple[str, ...]] = ()


class AcknowledgesUnheardAborts(PresumedCommit):
    def learn(self, transaction: Any, decision: str, sender: NodeId) -> None:
        if decision == "abort" and transaction not in self.branches:
            self.branches[transaction] = Branch(sender, (), (), "aborted")
            self.acknowledge(transaction)
            del self.branches[transaction]
        else:
            super().learn(transaction, decision, sender)


# --- three-phase commit with a termination protocol


class AbortsPreCommitted(ThreePhaseTermination):
    def termination_rule(self, states: list[str]) -> str:
        return "commit" if "committed" in states else "abort"


class CommitsPrepared(ThreePhaseTermination):
    def termination_rule(self, states: list[str]) -> str:
        return "abort" if "aborted" in states else "commit"


class ComesBackAsIfNothingHadHappened(ThreePhaseTermination):
    def doubt(self, transaction: Any) -> None:
        self.branches[transaction].recovered = False
        super().doubt(transaction)


class DecidesWithWhoeverIsBack(ThreePhaseTermination):
    def all_are_back(self, branch: Branch, answers: dict[NodeId, State]) -> bool:
        return all([answer.recovered for answer in answers.values()])


class ElectsNobody(ThreePhaseTermination):
    def hear_nothing(self, transaction: Any) -> None:
        pass


class PreCommitsUnwritten(ThreePhaseTermination):
    def force(self, kind: str, transaction: Any, *facts: Any) -> None:
        if kind == "precommit":
            self.after_precommit(transaction)
        else:
            super().force(kind, transaction, *facts)


class ThreePhasesWithHalfTheVotes(ThreePhaseTermination):
    def may_pre_commit(self, round: Round) -> bool:
        return 2 * len(round.votes) > len(round.wanted)


def _mutant(
    name: str,
    kind: type[Site],
    safeguard: str,
    source: str,
    breaks: str = ALL_OR_NONE,
    faults: tuple[Any, ...] = (),
    by_order: bool = False,
) -> CommitMutant:
    return CommitMutant(
        name, kind, kind.__mro__[1], safeguard, source, breaks, 4, faults=faults, by_order=by_order
    )


_GRAY = "Gray 1978, section 5.8.3.3"
_MOHAN = "Mohan, Lindsay and Obermarck 1986, section "
_SKEEN = "Skeen 1981, section 6"

# the coordinator commits, 2 too; 3 and 4 are pre-committed and do not hear it
_COMMIT_HALF_TOLD = (Cut(1, 3, at=0.05), Cut(1, 4, at=0.05), Crash(1, at=0.065), Crash(2, at=0.1))
# 4 is down while the others commit, and they are down when it comes back
_ALONE_IN_DOUBT = (Outage(4, at=0.02, until=3.0), Crash(1, at=0.7), Crash(2, at=0.7), Crash(3, at=0.7))
# the same with 3 and 4
_HALF_IN_DOUBT = (
    Outage(3, at=0.02, until=3.0),
    Outage(4, at=0.02, until=3.0),
    Crash(1, at=0.7),
    Crash(2, at=0.7),
)

COMMIT_MUTANTS: tuple[CommitMutant, ...] = (
    _mutant("commits with half of the votes", HalfIsEnough, "all must vote yes", _GRAY),
    _mutant("commits against a no", CommitsAgainstANo, "one no aborts", _GRAY),
    _mutant("takes silence for a yes", TakesSilenceForAYes, "a missing vote aborts", _GRAY),
    _mutant("waits for votes for ever", WaitsForVotesForEver, "a time-out for votes", _GRAY, ALL_BACK),
    _mutant("votes before it writes", VotesBeforeItWrites, "prepared is forced before the yes", _GRAY),
    _mutant("tells before it writes", TellsBeforeItWrites, "the decision is forced before it is told", _GRAY),
    _mutant("forgets decisions in a crash", ForgetsDecisions, "decisions are told again", _MOHAN + "2"),
    _mutant(
        "forgets before all have heard",
        ForgetsBeforeAllHaveHeard,
        "acknowledgements are waited for",
        _MOHAN + "2",
    ),
    _mutant(
        "acknowledges before it writes",
        AcknowledgesBeforeItWrites,
        "the decision is forced first",
        _MOHAN + "2",
    ),
    _mutant("aborts when in doubt", AbortsWhenInDoubt, "who is in doubt waits", _GRAY),
    _mutant("never inquires", NeverInquires, "who is in doubt asks", _MOHAN + "2", ALL_BACK),
    _mutant(
        "answers and forgets",
        AnswersAndForgets,
        "a refusal is on disk before it is told",
        "course notes",
        by_order=True,
    ),
    _mutant("forgets that it is in doubt", ForgetsTheDoubt, "prepared survives a crash", _GRAY),
    _mutant("commits lazily", CommitsLazily, "the commit record is forced", _MOHAN + "3"),
    _mutant("forgets commits", ForgetsCommits, "commits are acknowledged", _MOHAN + "3"),
    _mutant("participants commit lazily", ParticipantsCommitLazily, "committed is forced", _MOHAN + "3"),
    _mutant("collects unwritten", CollectsUnwritten, "collecting is forced before phase 1", _MOHAN + "4"),
    _mutant("forgets aborts", ForgetsAborts, "aborts are acknowledged", _MOHAN + "4"),
    _mutant("participants abort lazily", ParticipantsAbortLazily, "aborted is forced", _MOHAN + "4"),
    _mutant(
        "acknowledges aborts of what it never heard of",
        AcknowledgesUnheardAborts,
        "aborted is forced for an unknown transaction, too",
        "course notes",
    ),
    _mutant(
        "aborts what is pre-committed",
        AbortsPreCommitted,
        "one pre-committed: commit",
        _SKEEN,
        faults=_COMMIT_HALF_TOLD,
    ),
    _mutant("commits what is only prepared", CommitsPrepared, "all prepared: abort", _SKEEN),
    _mutant(
        "comes back as if nothing had happened",
        ComesBackAsIfNothingHadHappened,
        "who was down takes no part",
        _SKEEN,
        faults=_ALONE_IN_DOUBT,
    ),
    _mutant(
        "decides with whoever is back",
        DecidesWithWhoeverIsBack,
        "all must be back after a total failure",
        _SKEEN,
        faults=_HALF_IN_DOUBT,
    ),
    _mutant("elects nobody", ElectsNobody, "a backup coordinator", _SKEEN, ONE_UP),
    _mutant("pre-commits unwritten", PreCommitsUnwritten, "precommit is forced before it is told", _SKEEN),
    _mutant("pre-commits with half of the votes", ThreePhasesWithHalfTheVotes, "all must vote yes", _SKEEN),
)
