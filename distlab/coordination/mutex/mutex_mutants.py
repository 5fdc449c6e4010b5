"""The algorithms for mutual exclusion with one safeguard switched off at a time, and what then breaks.

Each mutant is an algorithm with one small method replaced. "One at a time" is safety; "every request is
granted" is liveness. Those whose safeguard is on disk, or is part of a remedy, show it only when nodes
crash. Lamport's algorithm and its mutants need FIFO links.
"""

from __future__ import annotations

from typing import Any

from distlab.sim import NodeId

from ..election.mutant import Mutant
from .centralised import Centralised
from .lamport import Acknowledge, Lamport
from .maekawa import Inquire, Locked, Maekawa, Request
from .naimi_trehel import NaimiTrehel
from .naimi_trehel import Request as PathRequest
from .raymond import Raymond
from .ricart_agrawala import Reply, RicartAgrawala
from .roucairol_carvalho import RoucairolCarvalho
from .suzuki_kasami import SuzukiKasami
from .suzuki_kasami import Token as QueueToken
from .token_ring import Lost, Token, TokenRing
from .two_layer_ring import TwoLayerRing

__all__ = ["MUTANTS", "ByTheWallClock"]

ONE_AT_A_TIME = "one at a time"
GRANTED = "every request is granted"


# --- centralised


class GrantsAtOnce(Centralised):
    def may_grant(self) -> bool:
        return True


class ForgetsTheNext(Centralised):
    def strike_out(self, node: NodeId, number: int) -> None:
        self.forget(node, number)


class ObeysOldGrants(Centralised):
    def is_outdated(self, epoch: int) -> bool:
        return False


class ComesBackAsBefore(Centralised):
    def on_recover(self) -> None:
        self.on_start()


class CountsFromOneAgain(Centralised):
    stable = ("epoch",)


# --- Lamport


class EntersUnacknowledged(Lamport):
    def is_known_to_all(self) -> bool:
        return True


class IgnoresTheQueue(Lamport):
    def is_first(self) -> bool:
        return True


class BothGoFirst(Lamport):
    def is_first(self) -> bool:
        return self.queue[self.id] == min(self.queue.values())


class SetsNoClock(Lamport):
    def see(self, timestamp: int) -> None:
        pass


class ForgetsTheQueue(Lamport):
    stable = ("clock",)

    def on_recover(self) -> None:
        self.show("idle")


class CountsAnyAcknowledgement(Lamport):
    def answers(self, msg: Acknowledge) -> bool:
        return self.state == "waiting"


# --- Ricart and Agrawala, Roucairol and Carvalho


class RepliesInside(RicartAgrawala):
    def defers(self, sequence_number: int, sender: NodeId) -> bool:
        return self.state == "waiting" and self.comes_before(sequence_number, sender)


class NeitherGoesFirst(RicartAgrawala):
    def comes_before(self, sequence_number: int, sender: NodeId) -> bool:
        return self.our_sequence_number < sequence_number


class SeesNoNumbers(RicartAgrawala):
    def see(self, sequence_number: int) -> None:
        pass


class HalfIsEnough(RicartAgrawala):
    def try_to_enter(self) -> None:
        if self.state == "waiting" and 2 * len(self.outstanding) <= len(self.peers):
            self.enter()


class ForgetsTheNumbers(RicartAgrawala):
    stable = ("reply_deferred",)


class CountsOldReplies(RicartAgrawala):
    def answers(self, msg: Reply) -> bool:
        return self.state == "waiting"


class ByTheWallClock(RicartAgrawala):
    """Ricart and Agrawala's algorithm with the time of the request, in microseconds, for a sequence number.

    It is right as long as all clocks show the same. It is not among the ``MUTANTS``, because only a fault
    such as ``ClockJump(2, at=0.0, by=-1.0)`` shows what is wrong with it.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> sim = Simulation(cluster(ByTheWallClock, 3), workload=[Call(1, at=0.5, method="request")])
    >>> sim.run().records.timestamp.dropna().tolist()
    [500000.0]
    """

    def choose_sequence_number(self) -> None:
        self.our_sequence_number = round(self.now * 1e6)


class KeepsWhatItGave(RoucairolCarvalho):
    def reply(self, node: NodeId, sequence_number: int) -> None:
        kept = node in self.permitted_by
        super().reply(node, sequence_number)
        if kept:
            self.permitted_by.add(node)
            self.outstanding.discard(node)


class DoesNotAskAgain(RoucairolCarvalho):
    def reply(self, node: NodeId, sequence_number: int) -> None:
        self.permitted_by.discard(node)
        self.send(node, Reply(sequence_number))


# --- Suzuki and Kasami


class GivesTheTokenWhileInside(SuzukiKasami):
    def may_give(self) -> bool:
        return True


class KeepsTheToken(SuzukiKasami):
    def pass_on(self, node: NodeId, token: QueueToken) -> None:
        self.send(node, token)


class TakesANewToken(SuzukiKasami):
    def on_recover(self) -> None:
        self.on_start()


class ForgetsToPassTheTokenOn(SuzukiKasami):
    def release(self) -> None:
        pass


# --- Maekawa


class LocksForTwo(Maekawa):
    def on_request(self, msg: Request, sender: NodeId) -> None:
        super().on_request(msg, sender)
        self.tell(sender, Locked(msg.timestamp))


class AsksItsRow(Maekawa):
    def quorum(self) -> list[NodeId]:
        everybody = self.everybody()
        middle = (len(everybody) + 1) // 2
        return everybody[:middle] if self.id in everybody[:middle] else everybody[middle:]


class RelinquishesInside(Maekawa):
    def on_inquire(self, msg: Inquire, sender: NodeId) -> None:
        self.relinquish(sender)


class NeverInquires(Maekawa):
    def inquire(self) -> None:
        pass


class NeverRelinquishes(Maekawa):
    def answer_inquiries(self) -> None:
        pass


class FailsOnlyNewcomers(Maekawa):
    def fail_the_overtaken(self) -> None:
        pass


class ForgetsItsLock(Maekawa):
    stable = ("clock",)


# --- Raymond


class PassesThePrivilegeInside(Raymond):
    def is_free(self) -> bool:
        return True


class AsksOnlyOnce(Raymond):
    def make_request(self) -> None:
        asked = self.asked or self.state == "idle"
        if self.holder != self.id and not asked:
            super().make_request()


class TakesANewPrivilege(Raymond):
    def on_recover(self) -> None:
        self.on_start()


# --- Naimi and Trehel


class GivesItsTokenWhileInside(NaimiTrehel):
    def may_give(self) -> bool:
        return True


class BendsNoPointers(NaimiTrehel):
    def on_request(self, msg: PathRequest, sender: NodeId) -> None:
        last = self.last
        super().on_request(msg, sender)
        self.last = last


class CopiesItsToken(NaimiTrehel):
    def give_token(self, node: NodeId) -> None:
        super().give_token(node)
        self.token_present = True


# --- the rings


class LeavesTheTokenBehind(TokenRing):
    def hand_over(self, token: Token) -> None:
        super().hand_over(token)
        self.token = token


class StartsAgainWithAToken(TokenRing):
    def on_recover(self) -> None:
        self.on_start()


class MakesATokenUnasked(TokenRing):
    def ask_for_token(self) -> None:
        super().ask_for_token()
        self.stop_asking()
        self.regenerate()


class AnswersWithoutLooking(TokenRing):
    def has_token(self) -> bool:
        return False


class NeverGivesUp(TokenRing):
    def on_lost(self, msg: Lost, sender: NodeId) -> None:
        if not self.is_asking():
            super().on_lost(msg, sender)


class DoesNotWaitForTheLocalToken(TwoLayerRing):
    def take_local(self, entered: int) -> None:
        if self.id == self.group[0]:
            self.pass_global()
        super().take_local(entered)

    def end_turn(self, entered: int) -> None:
        self.wants -= entered


class LooksForNobody(TwoLayerRing):
    def count_want(self) -> None:
        pass


def _mutant(
    kind: Any, name: str, safeguard: str, source: str, breaks: str = ONE_AT_A_TIME, **options: Any
) -> Mutant:
    return Mutant(name, kind, kind.__mro__[1], safeguard, source, breaks, **options)


_COURSE = "the course, lecture 03"
_LAMPORT = "Lamport 1978, Ordering the Events Totally"
_RA = "Ricart and Agrawala 1981"
_RC = "Carvalho and Roucairol 1983"
_SK = "Suzuki and Kasami 1985"
_MAEKAWA = "Maekawa 1985"
_RAYMOND = "Raymond 1989"
_NT = "Naimi, Trehel and Arnold 1996"
_DISK = "for crashes: what was promised is on disk"
_WITH_TIMEOUT = ({"timeout": 0.1},) * 3

MUTANTS = (
    _mutant(GrantsAtOnce, "grants at once", "nobody enters before the holder has left", _COURSE),
    _mutant(
        ForgetsTheNext,
        "forgets who is next",
        "after a release the next in the queue is let in",
        _COURSE,
        GRANTED,
    ),
    _mutant(
        ObeysOldGrants,
        "enters by a grant of an earlier epoch",
        "grants of an older epoch are ignored",
        "for crashes: a new coordinator asks first",
    ),
    _mutant(
        ComesBackAsBefore,
        "coordinates after a crash as if nobody were inside",
        "a coordinator that comes back asks all before it grants",
        "for crashes: a new coordinator asks first",
    ),
    _mutant(
        CountsFromOneAgain,
        "numbers its requests from one again after a crash",
        "no two requests of a node have the same number",
        _DISK,
    ),
    _mutant(
        EntersUnacknowledged,
        "enters before all know",
        "a message from everybody else",
        f"{_LAMPORT}, rule 5 ii",
    ),
    _mutant(IgnoresTheQueue, "ignores the queue", "the own request comes first", f"{_LAMPORT}, rule 5 i"),
    _mutant(BothGoFirst, "lets two with the same time in", "the order is total: ids break ties", _LAMPORT),
    _mutant(
        SetsNoClock, "does not set its clock forward", "a clock is later than what was received", _LAMPORT
    ),
    _mutant(ForgetsTheQueue, "forgets the queue in a crash", "the queue survives", _DISK),
    _mutant(
        CountsAnyAcknowledgement,
        "counts acknowledgements of an earlier request",
        "an acknowledgement is for one request",
        _DISK,
    ),
    _mutant(RepliesInside, "replies while it is inside", "who is inside defers", _RA),
    _mutant(NeitherGoesFirst, "has no order for equal numbers", "ids break ties", _RA),
    _mutant(
        SeesNoNumbers, "does not look at others' numbers", "a number is larger than all that were seen", _RA
    ),
    _mutant(HalfIsEnough, "enters with half of the replies", "all others reply", _RA, nodes=5),
    _mutant(ForgetsTheNumbers, "forgets the numbers in a crash", "the highest number survives", _DISK),
    _mutant(CountsOldReplies, "counts replies to an earlier request", "a reply is for one request", _DISK),
    _mutant(KeepsWhatItGave, "keeps a permission that it gave back", "one of two has the permission", _RC),
    _mutant(
        DoesNotAskAgain,
        "does not ask again for what it gave back",
        "who is asked while asking asks again",
        _RC,
    ),
    _mutant(
        GivesTheTokenWhileInside, "gives the token while it is inside", "the token stays until the exit", _SK
    ),
    _mutant(KeepsTheToken, "keeps the token that it sends", "there is one token", _SK),
    _mutant(TakesANewToken, "takes a new token after a crash", "there is one token", _DISK),
    _mutant(
        ForgetsToPassTheTokenOn,
        "keeps the token after the exit",
        "the exit passes the token on",
        _SK,
        GRANTED,
    ),
    _mutant(LocksForTwo, "locks for two at a time", "a member locks for one at a time", _MAEKAWA),
    _mutant(AsksItsRow, "asks half of the nodes", "any two quorums share a member", _MAEKAWA, nodes=4),
    _mutant(RelinquishesInside, "relinquishes while it is inside", "who is inside keeps its locks", _MAEKAWA),
    _mutant(NeverInquires, "never inquires", "a later request gives way", _MAEKAWA, GRANTED, nodes=4),
    _mutant(NeverRelinquishes, "never relinquishes", "a later request gives way", _MAEKAWA, GRANTED, nodes=4),
    _mutant(
        FailsOnlyNewcomers,
        "tells only newcomers that they have failed",
        "a queued request that is overtaken is told so",
        "Sanders 1987",
        GRANTED,
        nodes=7,
    ),
    _mutant(ForgetsItsLock, "forgets in a crash for whom it locked", "locks survive", _DISK),
    _mutant(
        PassesThePrivilegeInside,
        "passes the privilege on while inside",
        "USING holds the privilege",
        _RAYMOND,
    ),
    _mutant(
        AsksOnlyOnce,
        "does not ask for the privilege back",
        "who gives it away asks for those who wait",
        _RAYMOND,
        GRANTED,
    ),
    _mutant(TakesANewPrivilege, "takes a new privilege after a crash", "there is one privilege", _DISK),
    _mutant(
        GivesItsTokenWhileInside, "gives the token while it is inside", "the token stays until the exit", _NT
    ),
    _mutant(BendsNoPointers, "does not bend the pointers", "path reversal", _NT, GRANTED),
    _mutant(CopiesItsToken, "keeps the token that it sends", "there is one token", _NT),
    _mutant(LeavesTheTokenBehind, "leaves a token behind", "there is one token", _COURSE),
    _mutant(StartsAgainWithAToken, "starts with a token after a crash", "there is one token", _COURSE),
    _mutant(
        MakesATokenUnasked,
        "makes a token without asking",
        "a token is made only if nobody has one",
        "for crashes: regeneration",
        arguments=_WITH_TIMEOUT,
    ),
    _mutant(
        AnswersWithoutLooking,
        "does not say that it has the token",
        "who has the token says so",
        "for crashes: regeneration",
        arguments=_WITH_TIMEOUT,
    ),
    _mutant(
        NeverGivesUp,
        "goes on asking beside a smaller id",
        "of two that ask for the token, one gives up",
        "for crashes: regeneration",
        arguments=_WITH_TIMEOUT,
    ),
    _mutant(
        DoesNotWaitForTheLocalToken,
        "passes the global token on before the local one is back",
        "one local token is under way",
        _COURSE,
        nodes=4,
    ),
    _mutant(
        LooksForNobody,
        "does not count who wants to enter",
        "a group that wants to enter has its turn",
        _COURSE,
        GRANTED,
    ),
)
