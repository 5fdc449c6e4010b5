"""Oral messages OM(m): generals agree although m of them are traitors, if there are more than 3m generals.

L. Lamport, R. Shostak and M. Pease, *The Byzantine Generals Problem*, ACM TOPLAS 4(3), 1982, section 3.

Assumed is: every message that is sent arrives in time; the receiver knows who sent it; that a message is
missing can be noticed. A traitor may tell each one something else, but cannot speak in another's name. The
rule::

    OM(0)  the commander sends his order to every lieutenant;
           a lieutenant uses the order that he got, or "retreat" if he got none
    OM(m)  the commander sends his order to every lieutenant;
           each lieutenant i: v(i) is the order that he got, or "retreat";
               he is the commander of an OM(m-1) that tells v(i) to the n-2 others
           each lieutenant i, for each other one j: v(j) is what he got from j in that OM(m-1), or "retreat";
               he uses majority(v(1), ..., v(n-1)), "retreat" if there is none

An order carries the path on which it came: (1, 3) is what 3 says that 1 said. So each OM(m-1) has its own
messages, and the value at a path is the majority of what was heard there and of the values at its extensions.

Promised is, with at most m traitors among n > 3m generals: IC1, all loyal lieutenants obey the same order;
IC2, if the commander is loyal, every loyal lieutenant obeys his order. With n = 3m no rule can do it.

Cost: (n-1) + (n-1)(n-2) + ... + (n-1)(n-2)...(n-1-m) messages, in m+1 rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from distlab.sim import Network, Node, NodeId, Simulation, Trace, Uniform, message
from distlab.sim.distributions import seconds

__all__ = [
    "ATTACK",
    "RETREAT",
    "OralMessages",
    "Order",
    "Traitor",
    "generals",
    "interactive_consistency",
    "oral_message_count",
    "three_generals",
]

ATTACK, RETREAT = "attack", "retreat"
LIES = ("random", "opposite", "two-faced", "in others' names")

Path = tuple[Any, ...]
Lies = Mapping[tuple[Path, NodeId], Any] | str


@message
class Order:
    """An order, and who says that who said it: the commander comes first."""

    path: tuple[Any, ...]
    value: Any


class OralMessages(Node):
    """A general: the commander, or a lieutenant who finds out what to do.

    Roles are "commander", "lieutenant" and "traitor". Recorded are "propose" (value) by the commander and
    "decide" (value) by everybody.

    Parameters
    ----------
    m
        How many traitors the rule is made for, 0 or more; m+1 rounds.
    commander
        His id.
    order
        What he orders.
    round_length
        Seconds after which what was sent in a round has arrived.

    Raises
    ------
    ValueError
        If ``m`` is not a whole number of 0 or more, or ``round_length`` is not more than 0.

    References
    ----------
    Lamport, Shostak and Pease 1982, section 3.

    Examples
    --------
    >>> from distlab.sim import Simulation, cluster
    >>> trace = Simulation(cluster(OralMessages, 4, m=1)).run()
    >>> len(trace.messages), trace.records.query("event == 'decide'").value.unique().tolist()
    (9, ['attack'])
    """

    def __init__(
        self, m: int = 1, *, commander: NodeId = 1, order: Any = ATTACK, round_length: float = 0.1
    ) -> None:
        if not isinstance(m, int) or isinstance(m, bool) or m < 0:
            raise ValueError(f"m must be a whole number of traitors, 0 or more; got {m!r}.")
        self.m = m
        self.commander = commander
        self.order = order
        self.round_length = seconds(round_length, "round_length", "more than 0")
        self.heard: dict[Path, Any] = {}

    def on_start(self) -> None:
        if self.id == self.commander:
            self.become("commander")
            self.record("propose", value=self.order)
            self.tell((self.id,), self.order)
            self.record("decide", value=self.order)
        else:
            self.become("lieutenant")
            self.after(self.rounds() * self.round_length, self.obey)

    def on_recover(self) -> None:
        """What was missed cannot be heard again: a general who was away stays silent."""

    # --- messages

    def on_order(self, msg: Order, sender: NodeId) -> None:
        if self.is_in_order(msg.path, sender) and msg.path not in self.heard:
            self.heard[msg.path] = msg.value
            if self.passes_on(msg.path):
                self.tell((*msg.path, self.id), msg.value)

    # --- timers

    def obey(self) -> None:
        self.record("decide", value=self.value_at((self.commander,)))

    # --- rules

    def rounds(self) -> int:
        return self.m + 1

    def tell(self, path: Path, value: Any) -> None:
        """Send an order to all who are not on its path yet; the path ends with this node."""
        for peer in self.peers:
            if peer not in path:
                said = self.story(path, peer, value)
                if said is not None:
                    self.send(peer, Order(path, said))

    def story(self, path: Path, to: NodeId, value: Any) -> Any:
        """What it says: a loyal general passes on what he heard. None: nothing."""
        return value

    def passes_on(self, path: Path) -> bool:
        return len(path) <= self.m

    def is_in_order(self, path: Path, sender: NodeId) -> bool:
        """Does the path end with who sent it, begin with the commander, and name nobody twice, nor me?"""
        known = {self.id, *self.peers}
        return (
            0 < len(path) <= self.m + 1
            and path[0] == self.commander
            and path[-1] == sender
            and self.id not in path
            and len(set(path)) == len(path)
            and all(one in known for one in path)
        )

    def value_at(self, path: Path) -> Any:
        """What the general at the end of the path said, by OM(m+1-len(path))."""
        heard = self.heard.get(path, RETREAT)
        if len(path) > self.m:
            return heard
        others = [peer for peer in self.peers if peer not in path]
        return self.vote([heard, *[self.value_at((*path, other)) for other in others]])

    def vote(self, values: Sequence[Any]) -> Any:
        """The majority; "retreat" if there is none."""
        for value in values:
            if 2 * values.count(value) > len(values):
                return value
        return RETREAT


class Traitor(OralMessages):
    """A general who lies.

    Parameters
    ----------
    m, commander, order, round_length
        As for a loyal general: he knows the rule.
    lies
        What he says: "random", each time another draw of "attack", "retreat" or nothing; "opposite", the
        opposite of what he has heard; "two-faced", "attack" to every second general and "retreat" to the
        others; "in others' names", "retreat", also as if the commander, or another one whom he told, had
        said it; or a mapping (path, to) -> what he says there, None for nothing, where it
        differs from the truth.

    Raises
    ------
    ValueError
        If ``lies`` is none of these.

    Examples
    --------
    >>> nodes = generals(4, 1, traitors={3: {((1, 3), 2): "retreat", ((1, 3), 4): None}})
    >>> interactive_consistency(Simulation(nodes).run(), traitors=[3]) is None
    True
    """

    def __init__(
        self,
        m: int = 1,
        *,
        commander: NodeId = 1,
        order: Any = ATTACK,
        round_length: float = 0.1,
        lies: Lies = "random",
    ) -> None:
        super().__init__(m, commander=commander, order=order, round_length=round_length)
        if isinstance(lies, str) and lies not in LIES:
            known = ", ".join(f'"{each}"' for each in LIES)
            raise ValueError(f"lies must be {known} or a mapping (path, to) -> word; got {lies!r}.")
        self.lies: Lies = lies if isinstance(lies, str) else dict(lies)

    def on_start(self) -> None:
        super().on_start()
        self.become("traitor")
        if self.lies == "in others' names":
            for peer in self.peers:
                for path in ((self.commander,), *[(self.commander, other) for other in self.peers]):
                    self.send(peer, Order(path, RETREAT))

    def story(self, path: Path, to: NodeId, value: Any) -> Any:
        if self.lies == "random":
            return self.rng.choice((ATTACK, RETREAT, None))
        if self.lies == "opposite":
            return ATTACK if value == RETREAT else RETREAT
        if self.lies == "two-faced":
            everybody = sorted((self.id, *self.peers), key=str)
            return (RETREAT, ATTACK)[everybody.index(to) % 2 == 0]
        return RETREAT if isinstance(self.lies, str) else self.lies.get((path, to), value)


def oral_message_count(n: int, m: int) -> int:
    """The number of messages of OM(m) among n generals who all speak.

    Parameters
    ----------
    n
        Generals, the commander among them.
    m
        Traitors that the rule is made for; with m > n-2 there is nobody left to tell.

    Returns
    -------
    int
        (n-1) + (n-1)(n-2) + ..., m+1 products.

    References
    ----------
    Lamport, Shostak and Pease 1982, section 3.

    Examples
    --------
    >>> oral_message_count(4, 1), oral_message_count(7, 2), oral_message_count(10, 3)
    (9, 156, 3609)
    """
    return sum(prod(range(n - 1 - last, n)) for last in range(m + 1) if last < n - 1)


def generals(
    n: int,
    m: int,
    *,
    order: Any = ATTACK,
    traitors: Mapping[NodeId, Lies] | None = None,
    kind: type[OralMessages] = OralMessages,
) -> dict[NodeId, OralMessages]:
    """Generals 1..n, the first of them the commander.

    Parameters
    ----------
    n, m
        How many, and the m of OM(m).
    order
        The commander's order.
    traitors
        Id -> lies, as for :class:`Traitor`.
    kind
        The class of the loyal ones.

    Examples
    --------
    >>> [type(node).__name__ for node in generals(3, 1, traitors={2: "random"}).values()]
    ['OralMessages', 'Traitor', 'OralMessages']
    """
    lies = dict(traitors or {})
    return {
        id: Traitor(m, order=order, lies=lies[id]) if id in lies else kind(m, order=order)
        for id in range(1, n + 1)
    }


def interactive_consistency(trace: Trace, traitors: Sequence[NodeId], commander: NodeId = 1) -> str | None:
    """Whether a run kept IC1 and IC2.

    Parameters
    ----------
    trace
        A whole run.
    traitors
        Who may do anything.
    commander
        His id.

    Returns
    -------
    str or None
        None, or a sentence that says who disagrees with whom.

    References
    ----------
    Lamport, Shostak and Pease 1982, section 1.

    Examples
    --------
    >>> interactive_consistency(three_generals(), traitors=[3])
    "IC2: the commander's order was 'attack', but loyal lieutenant 2 obeys 'retreat'."
    """
    records = trace.records
    decided = records[records.event == "decide"]
    obeyed = dict(zip(decided.node.tolist(), decided.value.tolist(), strict=True))
    loyal = {id: obeyed.get(id) for id in trace.nodes if id not in traitors and id != commander}
    for id, value in loyal.items():
        if value is None:
            return f"loyal lieutenant {id!r} has not decided."
        first = next(iter(loyal))
        if commander not in traitors and value != obeyed[commander]:
            return (
                f"IC2: the commander's order was {obeyed[commander]!r}, but loyal lieutenant {id!r} obeys "
                f"{value!r}."
            )
        if value != loyal[first]:
            return (
                f"IC1: loyal lieutenant {first!r} obeys {loyal[first]!r}, loyal lieutenant {id!r} {value!r}."
            )
    return None


def three_generals() -> Trace:
    """Three generals, one traitor: lieutenant 3 says that the commander's order was "retreat".

    Lieutenant 2 has heard "attack" from the commander and "retreat" from 3. He cannot tell which of them
    lies, and retreats although the loyal commander attacks.

    References
    ----------
    Lamport, Shostak and Pease 1982, figure 1.

    Examples
    --------
    >>> three_generals().records.query("node == 2").value.tolist()
    ['retreat']
    """
    nodes = generals(3, 1, traitors={3: {((1, 3), 2): RETREAT}})
    return Simulation(nodes, Network(latency=Uniform(0.02, 0.08)), seed=1).run()
