"""The token ring: the token goes round, and whoever has it may enter.

The course's 令牌环; G. Le Lann, *Distributed Systems - Towards a Formal Approach*, IFIP Congress 1977. That
a lost token is replaced by exactly one new one is what makes it difficult.

The rule::

    on Token:      this node wants to enter: enter, and pass the token on afterwards; else pass it on at once
    to pass it on: send it to the next place of the ring

With ``timeout``, dead nodes are skipped, and a lost token is replaced::

    on Token:      answer Got;  of an older generation than the latest that this node has seen: throw it away
    no Got for timeout:            the next node is dead: skip it, and pass a token of the next generation to
                                   the one after it
    no token for late, or back from a crash:   Lost to all others
    on Lost:       the sender is not dead: skip it no more;
                   the token is here, or not acknowledged yet, or of a later generation:  Have
                   this node has asked, too: the smaller id goes on asking, the other one gives up
                   else: remember who asks, and answer Have if the token comes
    no Have for timeout:           make a token of the next generation

That is right if ``timeout`` is more than four message delays. If a node is only slow or cut off, it is
skipped although it has the token, or a second token is made: two may be inside. When two tokens' ways
cross, the older generation dies out. The generation is on disk. Without ``timeout``, a crash of the holder,
or of the node that is next, ends everything.

A node may stand at several places of the ring, and so have its turn more often (weights).

Cost: about 1 message per entry if all want to enter; without bound if nobody does, as the token goes on. To
wait for the token takes n/2 messages on average, if nobody else wants it. With ``timeout``, each pass costs
2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from distlab.sim import NodeId, Timer, message
from distlab.sim.distributions import seconds

from .contender import Contender

__all__ = ["Got", "Have", "Lost", "Token", "TokenRing"]

Generation = tuple[int, NodeId]  # a number, and who made the token: no two tokens share one


@message
class Token:
    """Whoever has it may enter. It is for a place of the ring."""

    generation: tuple[int, int | str]
    place: int


@message
class Got:
    """The token has arrived."""

    generation: tuple[int, int | str]
    place: int


@message
class Lost:
    """I think that the token is lost. Does anybody have it?"""

    generation: tuple[int, int | str]


@message
class Have:
    """I do, or have seen a later one."""

    generation: tuple[int, int | str]


class TokenRing(Contender):
    """A node of the token ring.

    Recorded are also "skip" (peer), and "regenerate" (generation) when a node makes a token.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    order
        The ids around the ring; one may stand there several times. None: sorted. The first has the token at
        the beginning.
    timeout
        Seconds without an answer after which a node, or the token, is taken for lost: more than four
        message delays. None: never.
    late
        Seconds without the token after which a node asks for it; longer than a round, or many ask in vain.

    Raises
    ------
    ValueError
        If a duration is not one, ``late`` is not more than ``timeout``, or ``order`` does not name all
        nodes.

    References
    ----------
    The course, lecture 03; Le Lann 1977.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> sim = Simulation(cluster(TokenRing, 4), workload=[Call(3, at=0.045, method="request")])
    >>> sim.run(until=0.1).records[["time", "event"]].round(3).values.tolist()
    [[0.045, 'request'], [0.06, 'enter'], [0.07, 'exit']]
    """

    stable: ClassVar[tuple[str, ...]] = ("generation",)

    def __init__(
        self,
        *,
        hold: float = 0.01,
        order: Sequence[NodeId] | None = None,
        timeout: float | None = None,
        late: float = 1.0,
    ) -> None:
        super().__init__(hold=hold)
        self.given = None if order is None else tuple(order)
        self.timeout = None if timeout is None else seconds(timeout, "timeout", "more than 0")
        self.late = seconds(late, "late", "more than 0")
        if not self.late > (timeout or 0):
            raise ValueError(f"late must be more than timeout={timeout!r}; got {late!r}.")
        self.order: tuple[NodeId, ...] = ()
        self.generation: Generation = (0, 0)  # of the latest token it has seen
        self.token: Token | None = None  # the token is here
        self.passing: Token | None = None  # the token has been sent, and not been acknowledged
        self.skipped: set[NodeId] = set()
        self.inquirer: NodeId | None = None  # who asks for the token
        self.asking: Timer | None = None  # runs while this node asks for it
        self.unacknowledged: Timer | None = None  # runs while it is passing the token
        self.lateness: Timer | None = None  # runs out if the token does not come

    def on_start(self) -> None:
        super().on_start()
        self.form_ring()
        if self.order[0] == self.id:
            self.take(Token(self.generation, 0))

    def on_recover(self) -> None:
        super().on_recover()
        self.form_ring()
        if self.timeout is not None:
            self.ask_for_token()

    def form_ring(self) -> None:
        everybody = self.everybody()
        self.order = tuple(everybody) if self.given is None else self.given
        if sorted(set(self.order)) != everybody:
            raise ValueError(f"order must name all nodes and no others; got {self.order!r}.")
        if self.timeout is not None:
            self.lateness = self.after(self.late, self.token_is_late)

    # --- to enter and to leave

    def acquire(self) -> None:
        self.wait()
        if self.token is not None:  # all others are dead, or there are none
            self.enter()

    def release(self) -> None:
        self.pass_on()

    # --- messages

    def on_token(self, msg: Token, sender: NodeId) -> None:
        if self.timeout is not None:
            self.send(sender, Got(msg.generation, msg.place))
        if not self.is_outdated(msg.generation):
            self.take(msg)

    def on_got(self, msg: Got, sender: NodeId) -> None:
        if self.passing == Token(msg.generation, msg.place):
            self.passing = None
            if self.unacknowledged is not None:
                self.unacknowledged.cancel()

    def on_lost(self, msg: Lost, sender: NodeId) -> None:
        self.skipped.discard(sender)
        if self.has_token() or msg.generation < self.generation:
            self.send(sender, Have(self.generation))
            if self.token is not None and self.state == "idle":  # it was alone
                self.pass_on()
        elif self.is_asking() and self.id < sender:
            self.send(sender, Lost(self.generation))
        else:
            self.stop_asking()
            self.inquirer = sender

    def on_have(self, msg: Have, sender: NodeId) -> None:
        self.skipped.discard(sender)
        self.generation = max(self.generation, msg.generation)
        self.stop_asking()

    # --- rules: the ring

    def take(self, token: Token) -> None:
        self.token = token
        self.generation = token.generation
        self.stop_asking()
        if self.inquirer is not None:
            self.send(self.inquirer, Have(self.generation))
            self.inquirer = None
        self.use_or_pass_on()

    def use_or_pass_on(self) -> None:
        if self.state == "waiting":
            self.enter()
        elif self.state == "idle":  # else two tokens have met here, and one is left
            self.pass_on()

    def pass_on(self) -> None:
        token = self.token
        if token is None:
            return
        for step in range(1, len(self.order) + 1):
            place = (token.place + step) % len(self.order)
            if self.order[place] != self.id and self.order[place] not in self.skipped:
                self.token = None
                self.hand_over(Token(token.generation, place))
                return

    def hand_over(self, token: Token) -> None:
        self.send(self.order[token.place], token)
        if self.timeout is not None:
            self.passing = token
            if self.unacknowledged is None:
                self.unacknowledged = self.after(self.timeout, self.skip_the_dead)
            else:
                self.unacknowledged.reset()

    def skip_the_dead(self) -> None:
        if self.passing is not None:
            dead = self.order[self.passing.place]
            self.record("skip", peer=dead)
            self.skipped.add(dead)
            again = Token(self.next_generation(), self.passing.place)  # the first one may live
            self.token, self.passing = self.token or again, None
            self.use_or_pass_on()

    # --- rules: a lost token

    def has_token(self) -> bool:
        return self.token is not None or self.passing is not None

    def is_outdated(self, generation: Generation) -> bool:
        return generation < self.generation

    def is_asking(self) -> bool:
        return self.asking is not None and self.asking.pending

    def token_is_late(self) -> None:
        if self.has_token():
            self.stop_asking()
        else:
            self.ask_for_token()

    def ask_for_token(self) -> None:
        self.broadcast(Lost(self.generation))
        self.asking = self.after(self.timeout or 0.0, self.regenerate)

    def stop_asking(self) -> None:
        """The token is somewhere, or somebody else asks for it."""
        if self.asking is not None:
            self.asking.cancel()
        if self.lateness is not None:
            self.lateness.reset(self.late)

    def regenerate(self) -> None:
        token = Token(self.next_generation(), self.order.index(self.id))
        self.record("regenerate", generation=self.generation)
        self.take(token)

    def next_generation(self) -> Generation:
        self.generation = (self.generation[0] + 1, self.id)
        return self.generation
