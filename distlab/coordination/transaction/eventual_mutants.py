"""Messages, outbox, saga and TCC with one safeguard switched off at a time, and what then breaks.

Each mutant is a node class with one small method replaced; its case says who else takes part and what is
asked of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from distlab.sim import Node, NodeId

from ..election.mutant import Mutant
from .choreography import Back, Dancer, Forward, Heard
from .eventual_cases import CASES, Case
from .outbox import Acknowledge, Consumer, Outbox, Publish
from .saga import Orchestrator, Step, Undo, Undone
from .tcc import Reserving, TccCoordinator
from .transactional_messages import Broker, Consumed, Deliver, Failed, MessageConsumer, Producer

__all__ = ["EVENTUAL_MUTANTS", "CaseMutant"]

ALL_OR_NOTHING = "all or nothing in the end"


@dataclass(frozen=True)
class CaseMutant(Mutant):
    """A mutant that plays in one of ``CASES``, in place of its sound class.

    Parameters
    ----------
    case
        The name of the case.

    Examples
    --------
    >>> mutant = next(one for one in EVENTUAL_MUTANTS if one.kind is NeverChecksBack)
    >>> mutant.build()["broker"], mutant.build_sound()["broker"]
    (NeverChecksBack(...), Broker(...))
    """

    case: str = ""

    def _build(self, kind: type[Node], n: int | None) -> dict[NodeId, Node]:
        return self.where(kind)()

    def where(self, kind: type[Node] | None = None) -> Case:
        """The case with the broken class, or with another one, in it."""
        return replace(CASES[self.case], swap={self.base: self.kind if kind is None else kind})


# --- transactional messages: the producer


class ForgetsOutcomes(Producer):
    stable = ("balance",)


class CallsUnknownRollback(Producer):
    def is_open(self, transaction: int) -> bool:
        return False


class RefundsAtOnce(Producer):
    def annul(self, transaction: int) -> None:
        self.refund(transaction)


class IgnoresDeadLetters(Producer):
    def annul(self, transaction: int) -> None:
        pass


class AnnulsOnce(Producer):
    def on_recover(self) -> None:
        self.become("producer")


# --- the broker


class NeverChecksBack(Broker):
    def ask_back(self, transaction: int) -> None:
        pass


class ShowsHalfMessages(Broker):
    def keep_hidden(self, transaction: int) -> None:
        self.enter(transaction, "ready")
        self.go_on(transaction)


class ForgetsMessages(Broker):
    stable = ("amounts", "attempts")


class DeliversOnce(Broker):
    def deliver(self, transaction: int) -> None:
        self.send(self.consumer, Deliver(transaction, self.amounts[transaction]))


class DropsDeadLetters(Broker):
    def report_dead(self, transaction: int) -> None:
        pass


# --- the consumer


class ConsumesEveryDelivery(MessageConsumer):
    def is_known(self, transaction: int) -> bool:
        return self.known.get(transaction) == "annulled"


class ForgetsIds(MessageConsumer):
    stable = ("balance",)


class StoresIdsLater(MessageConsumer):
    def remember(self, transaction: int, what: str) -> None:
        self.after(self.takes, self.write, transaction, what)

    def write(self, transaction: int, what: str) -> None:
        self.known[transaction] = what


class AnswersBeforeItStores(MessageConsumer):
    def on_deliver(self, msg: Deliver, sender: NodeId) -> None:
        can = self.can(msg.transaction, msg.amount)
        self.send(sender, Consumed(msg.transaction) if can else Failed(msg.transaction))
        super().on_deliver(msg, sender)


class ForgetsAnnulments(MessageConsumer):
    def remember_annulled(self, transaction: int) -> None:
        pass


# --- outbox


class PublishesFromMemory(Outbox):
    stable = ("balance",)


class PublishesBeforeItCommits(Outbox):
    def act(self, number: int, amount: int) -> None:
        self.publish(number, amount)
        super().act(number, amount)


class PublishesOnce(Outbox):
    def doubt(self, number: int) -> None:
        pass


class DeletesWhatItPublished(Outbox):
    def publish(self, number: int, amount: int) -> None:
        super().publish(number, amount)
        del self.outbox[number]
        self.record("settle", transaction=number, outcome="commit")


class ProcessesEveryDelivery(Consumer):
    def was_processed(self, number: int) -> bool:
        return False


class ForgetsNumbers(Consumer):
    stable = ("balance",)


class StoresNumbersLater(Consumer):
    def remember(self, number: int) -> None:
        self.after(self.takes, self.write, number)

    def write(self, number: int) -> None:
        self.processed[number] = True


class AcknowledgesBeforeItProcesses(Consumer):
    def on_publish(self, msg: Publish, sender: NodeId) -> None:
        self.send(sender, Acknowledge(msg.number))
        super().on_publish(msg, sender)


# --- saga


class ForgetsItsSagas(Orchestrator):
    stable = ()

    def on_recover(self) -> None:
        self.become("orchestrator")


class DoesNotResume(Orchestrator):
    def resume(self, saga: int) -> None:
        pass


class CompensatesNothing(Orchestrator):
    def to_undo(self, saga: int) -> list[int]:
        return []


class CompensatesInForwardOrder(Orchestrator):
    def to_undo(self, saga: int) -> list[int]:
        return sorted(super().to_undo(saga))


class CommandsOnce(Orchestrator):
    def wait(self, saga: int) -> None:
        pass


class TurnsBackAfterThePivot(Orchestrator):
    def may_turn_back(self, saga: int, step: int) -> bool:
        return True


class GivesUpThePivot(Orchestrator):
    def may_give_up(self, step: int) -> bool:
        return True


class TrustsThatNothingWasDone(Orchestrator):
    def to_undo(self, saga: int) -> list[int]:
        return [step for step in super().to_undo(saga) if f"T{step}" in self.log[saga]]


class DoesEveryCommand(Step):
    def is_done(self, outcome: str | int | None) -> bool:
        return False


class ForgetsWhatItDid(Step):
    stable = ("balance",)


class ChangesItsMind(Step):
    def was_refused(self, outcome: str | int | None, attempt: int) -> bool:
        return outcome == "undone"


class UndoesEveryCommand(Step):
    def has_to_undo(self, outcome: str | int | None) -> bool:
        return outcome in ("done", "undone")


class UndoesWhatWasNotDone(Step):
    def has_to_undo(self, outcome: str | int | None) -> bool:
        return outcome != "undone"


class DoesWhatWasUndone(Step):
    def bar(self, msg: Undo) -> None:
        if (msg.saga, msg.step) in self.outcomes:
            super().bar(msg)


class RefusesEmptyCompensations(Step):
    def compensate(self, msg: Undo, sender: NodeId) -> None:
        if (msg.saga, msg.step) in self.outcomes:
            super().compensate(msg, sender)


class AnswersUndoAtOnce(Step):
    def on_undo(self, msg: Undo, sender: NodeId) -> None:
        self.send(sender, Undone(msg.saga, msg.step))
        super().on_undo(msg, sender)


# --- choreography


class ForgetsItsSteps(Dancer):
    stable = ("balance", "heard")


class TellsOnce(Dancer):
    def repeat(self, saga: int) -> None:
        pass


class TellsNobodyAgain(Dancer):
    def on_recover(self) -> None:
        self.become("participant")


class StepsTwice(Dancer):
    def was_told(self, saga: int) -> bool:
        return False


class StepsBackTwice(Dancer):
    def has_to_undo(self, saga: int) -> bool:
        return self.outcomes[saga] != "refused"


class HearsBeforeItStores(Dancer):
    def on_forward(self, msg: Forward, sender: NodeId) -> None:
        self.send(sender, Heard(msg.saga, "forward"))
        super().on_forward(msg, sender)

    def on_back(self, msg: Back, sender: NodeId) -> None:
        self.send(sender, Heard(msg.saga, "back"))
        super().on_back(msg, sender)


# --- TCC


class ForgetsItsTransactions(TccCoordinator):
    stable = ()

    def on_recover(self) -> None:
        self.become("coordinator")


class ConfirmsBeforeItWrites(TccCoordinator):
    def decide(self, transaction: int, decision: str) -> None:
        if decision == "confirm":
            self.unheard[transaction] = list(self.participants)
            self.broadcast_confirm(transaction)
            self.after(self.patience, super().decide, transaction, decision)
        else:
            super().decide(transaction, decision)

    def broadcast_confirm(self, transaction: int) -> None:
        from .tcc import Confirm

        self.broadcast(Confirm(transaction), to=self.participants)


class HalfHaveTried(TccCoordinator):
    def all_tried(self, transaction: int) -> bool:
        return 2 * len(self.unheard[transaction]) <= len(self.participants)


class AsksOnce(TccCoordinator):
    def ask(self, transaction: int) -> None:
        if transaction not in self.repeating:
            super().ask(transaction)


class NeverExpires(TccCoordinator):
    def on_tried(self, msg: object, sender: NodeId) -> None:
        if getattr(msg, "yes", True):
            super().on_tried(msg, sender)  # type: ignore[arg-type]

    def expire(self, transaction: int) -> None:
        pass


class ConfirmsTwice(Reserving):
    def may_confirm(self, transaction: int) -> bool:
        return self.states.get(transaction) in ("tried", "confirmed")


class ReleasesTwice(Reserving):
    """It takes what it reserves out of the balance, and so a release puts it back."""

    def may_release(self, transaction: int) -> bool:
        return True

    def release(self, transaction: int) -> None:
        if transaction not in self.frozen:
            self.balance -= self.change
        super().release(transaction)


class RefusesEmptyCancels(Reserving):
    def cancel_nothing(self, transaction: int, sender: NodeId) -> None:
        pass


class TriesAfterTheCancel(Reserving):
    def bar(self, transaction: int) -> None:
        pass


class ForgetsReservations(Reserving):
    stable = ("balance", "states")


class ForgetsStates(Reserving):
    stable = ("balance", "frozen")


class ReservesWhatIsNotThere(Reserving):
    def has_room(self) -> bool:
        return True


_ROCKETMQ = "RocketMQ, transactional message"
_IDEMPOTENT = "at least once needs idempotence"
_OUTBOX = "Richardson 2018, 3.3"
_SAGA = "Garcia-Molina and Salem 1987"
_CHOREOGRAPHY = "Richardson 2018, 4.2"
_PIVOT = "Mehrotra et al. 1992"
_TCC = "Pardon and Pautasso 2014"
_DISK = "a decision is on disk before it is told"


def _mutant(case: str, kind: type[Node], name: str, safeguard: str, source: str) -> CaseMutant:
    base = kind.__mro__[1]
    return CaseMutant(
        name, kind, base, safeguard, source, ALL_OR_NOTHING, nodes=len(CASES[case]()), case=case
    )


EVENTUAL_MUTANTS: tuple[CaseMutant, ...] = (
    _mutant(
        "messages",
        ForgetsOutcomes,
        "forgets in a crash how its transactions ended",
        "the outcome is stored in the local transaction",
        _ROCKETMQ,
    ),
    _mutant(
        "messages",
        CallsUnknownRollback,
        "says rollback while the local transaction is under way",
        "unknown is an answer",
        _ROCKETMQ,
    ),
    _mutant(
        "messages",
        RefundsAtOnce,
        "gives the money of a dead letter back at once",
        "first the consumer promises never to take it",
        "empty cancel, as in TCC",
    ),
    _mutant(
        "messages",
        IgnoresDeadLetters,
        "ignores dead letters",
        "a dead letter is compensated",
        _ROCKETMQ,
    ),
    _mutant(
        "messages",
        AnnulsOnce,
        "forgets in a crash what it was compensating",
        "a compensation is resumed",
        _DISK,
    ),
    _mutant(
        "messages",
        NeverChecksBack,
        "never asks the producer back",
        "check-back finds lost outcomes",
        _ROCKETMQ,
    ),
    _mutant(
        "messages",
        ShowsHalfMessages,
        "delivers half messages",
        "a half message is shown to nobody",
        _ROCKETMQ,
    ),
    _mutant(
        "messages",
        ForgetsMessages,
        "forgets messages in a crash",
        "messages are on disk before they are acknowledged",
        _DISK,
    ),
    _mutant("messages", DeliversOnce, "delivers once", "delivery is repeated", _ROCKETMQ),
    _mutant("messages", DropsDeadLetters, "drops dead letters", "a dead letter is reported", _ROCKETMQ),
    _mutant(
        "messages",
        ConsumesEveryDelivery,
        "consumes every delivery",
        "an id that is stored is not consumed again",
        _IDEMPOTENT,
    ),
    _mutant("messages", ForgetsIds, "forgets ids in a crash", "ids are on disk", _IDEMPOTENT),
    _mutant(
        "messages",
        StoresIdsLater,
        "stores the id after the effect",
        "effect and id are one local transaction",
        _IDEMPOTENT,
    ),
    _mutant(
        "messages",
        AnswersBeforeItStores,
        "acknowledges before it consumes",
        "the effect is on disk before it is acknowledged",
        _DISK,
    ),
    _mutant(
        "messages",
        ForgetsAnnulments,
        "does not store what it annulled",
        "an annulled id is not consumed later",
        "suspended try, as in TCC",
    ),
    _mutant(
        "outbox",
        PublishesFromMemory,
        "keeps the message in memory only",
        "the message is a row beside the effect",
        _OUTBOX,
    ),
    _mutant(
        "outbox",
        PublishesBeforeItCommits,
        "publishes before it commits",
        "what is not committed is not published",
        _OUTBOX,
    ),
    _mutant("outbox", PublishesOnce, "publishes once", "unacknowledged rows are published again", _OUTBOX),
    _mutant(
        "outbox",
        DeletesWhatItPublished,
        "deletes a row when it is published",
        "a row stays until it is acknowledged",
        _OUTBOX,
    ),
    _mutant(
        "outbox",
        ProcessesEveryDelivery,
        "processes every delivery",
        "a stored number is not processed again",
        _IDEMPOTENT,
    ),
    _mutant("outbox", ForgetsNumbers, "forgets numbers in a crash", "numbers are on disk", _IDEMPOTENT),
    _mutant(
        "outbox",
        StoresNumbersLater,
        "stores the number after the effect",
        "effect and number are one local transaction",
        _IDEMPOTENT,
    ),
    _mutant(
        "outbox",
        AcknowledgesBeforeItProcesses,
        "acknowledges before it processes",
        "the effect is on disk before it is acknowledged",
        _DISK,
    ),
    _mutant("saga", ForgetsItsSagas, "forgets its sagas in a crash", "the saga log is on disk", _SAGA),
    _mutant("saga", DoesNotResume, "does not resume after a crash", "an open saga is resumed", _SAGA),
    _mutant("saga", CompensatesNothing, "compensates nothing", "what is done is compensated", _SAGA),
    _mutant(
        "saga",
        CompensatesInForwardOrder,
        "compensates in forward order",
        "the latest step is compensated first",
        _SAGA,
    ),
    _mutant("saga", CommandsOnce, "gives each command once", "commands are repeated", _SAGA),
    _mutant(
        "saga with a pivot",
        TurnsBackAfterThePivot,
        "turns back after the pivot",
        "after the pivot a saga goes forward",
        _PIVOT,
    ),
    _mutant(
        "saga with a pivot",
        GivesUpThePivot,
        "gives up a pivot that may be done",
        "an unknown pivot is asked again",
        _PIVOT,
    ),
    _mutant(
        "saga backward",
        TrustsThatNothingWasDone,
        "does not compensate the step that was under way",
        "what may be done is compensated",
        _SAGA,
    ),
    _mutant("saga", DoesEveryCommand, "does a step again", "a step is done once", _IDEMPOTENT),
    _mutant("saga", ForgetsWhatItDid, "forgets in a crash what it did", "outcomes are on disk", _IDEMPOTENT),
    _mutant(
        "saga",
        ChangesItsMind,
        "does what it refused",
        "a refused attempt stays refused",
        _IDEMPOTENT,
    ),
    _mutant("saga", UndoesEveryCommand, "takes a step back twice", "a step is undone once", _IDEMPOTENT),
    _mutant(
        "saga backward",
        UndoesWhatWasNotDone,
        "takes back what was not done",
        "an empty compensation has no effect",
        _TCC,
    ),
    _mutant(
        "saga backward",
        DoesWhatWasUndone,
        "does a step after its compensation",
        "a compensated step is barred",
        _TCC,
    ),
    _mutant(
        "saga backward",
        RefusesEmptyCompensations,
        "does not answer an empty compensation",
        "an empty compensation is answered",
        _TCC,
    ),
    _mutant(
        "saga",
        AnswersUndoAtOnce,
        "answers before it compensates",
        "the compensation is on disk before it is answered",
        _DISK,
    ),
    _mutant("choreography", ForgetsItsSteps, "forgets its steps in a crash", "outcomes are on disk", _DISK),
    _mutant("choreography", TellsOnce, "tells its neighbour once", "what is told is repeated", _CHOREOGRAPHY),
    _mutant(
        "choreography",
        TellsNobodyAgain,
        "tells nobody after a crash",
        "what is stored and was not heard is told again",
        _CHOREOGRAPHY,
    ),
    _mutant("choreography", StepsTwice, "does a step again", "a step is done once", _IDEMPOTENT),
    _mutant("choreography", StepsBackTwice, "takes a step back twice", "a step is undone once", _IDEMPOTENT),
    _mutant(
        "choreography",
        HearsBeforeItStores,
        "says that it has heard before it stores",
        "the outcome is on disk before it is answered",
        _DISK,
    ),
    _mutant(
        "tcc", ForgetsItsTransactions, "forgets its transactions in a crash", "decisions are on disk", _DISK
    ),
    _mutant("tcc", ConfirmsBeforeItWrites, "confirms before it writes so", _DISK, _TCC),
    _mutant("tcc", HalfHaveTried, "confirms when half have tried", "all have tried", _TCC),
    _mutant("tcc", AsksOnce, "asks each question once", "confirm and cancel are repeated", _TCC),
    _mutant("tcc", NeverExpires, "never cancels", "what cannot be confirmed is cancelled", _TCC),
    _mutant("tcc", ConfirmsTwice, "confirms twice", "a confirm has one effect", _TCC),
    _mutant("tcc", ReleasesTwice, "gives back twice", "a cancel has one effect", _TCC),
    _mutant(
        "tcc", RefusesEmptyCancels, "does not answer an empty cancel", "an empty cancel is answered", _TCC
    ),
    _mutant(
        "tcc",
        TriesAfterTheCancel,
        "reserves after the cancel",
        "a try that comes after its cancel is refused",
        _TCC,
    ),
    _mutant("tcc", ForgetsReservations, "forgets reservations in a crash", "reservations are on disk", _TCC),
    _mutant("tcc", ForgetsStates, "forgets in a crash what it confirmed", "states are on disk", _TCC),
    _mutant(
        "tcc",
        ReservesWhatIsNotThere,
        "reserves what is not there",
        "a reservation leaves no less than 0",
        _TCC,
    ),
)
