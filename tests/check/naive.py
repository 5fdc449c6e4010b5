"""A second explorer that knows none of the first one's tricks: whole worlds are deep-copied, nothing is
interned and nothing is remembered. Slow, and easy to believe.
"""

import copy
from random import Random
from typing import Any

from distlab.check import Budget, Property, Violation
from distlab.check.observation import Observation
from distlab.sim import Node, stream


class Clockwork:
    """A timer."""

    def __init__(self, world: "Whole", node: Any, method: str, args: tuple[Any, ...], repeats: bool) -> None:
        self.world, self.node, self.method, self.args, self.repeats = world, node, method, args, repeats
        self.reset()

    def cancel(self) -> None:
        if self.pending:
            self.world.timers[self.node].remove(self)

    def reset(self, delay: float | None = None) -> None:
        self.cancel()
        self.world.timers[self.node].append(self)

    @property
    def pending(self) -> bool:
        return any(timer is self for timer in self.world.timers[self.node])

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


class Whole:
    """A whole world: nodes, their timers, messages under way, what the property remembers."""

    def __init__(self, nodes: dict[Any, Node], property: Property) -> None:
        self.nodes = nodes
        self.property = property
        self.timers: dict[Any, list[Clockwork]] = {id: [] for id in nodes}
        self.flight: list[tuple[Any, Any, Any]] = []
        self.down: list[Any] = []
        self.used = dict(crashes=0, recoveries=0, drops=0, duplicates=0, timeouts=0)
        self.seen: list[Observation] = []
        self.memory = property.begin(tuple(nodes))
        self.draws: dict[Any, Random] = {}
        for id, node in nodes.items():
            node._attach(self, id)  # type: ignore[arg-type]

    # what nodes call

    def send(self, node: Node, to: Any, msg: Any) -> None:
        self.flight.append((node.id, to, msg))

    def broadcast(self, node: Node, msg: Any, to: Any) -> None:
        for peer in to:
            self.send(node, peer, msg)

    def after(self, node: Node, delay: float, method: Any, args: Any) -> Clockwork:
        return Clockwork(self, node.id, method.__name__, args, False)

    def every(self, node: Node, delay: float, method: Any, args: Any) -> Clockwork:
        return Clockwork(self, node.id, method.__name__, args, True)

    def become(self, node: Node, role: str, facts: dict[str, Any]) -> None:
        self.seen.append(Observation("role", node.id, role, facts))

    def record(self, node: Node, event: str, facts: dict[str, Any]) -> None:
        self.seen.append(Observation("record", node.id, event, facts))

    def peers(self, node: Node) -> tuple[Any, ...]:
        return tuple([id for id in self.nodes if id != node.id])

    def clock(self, node: Node) -> float:
        return 0.0

    def rng(self, node: Node) -> Random:
        return self.draws.setdefault(node.id, stream(0, "untimed", node.id))

    # what happens

    def start(self) -> None:
        for node in self.nodes.values():
            self.draws.clear()
            node.on_start()
        self.judge()

    def judge(self) -> None:
        seen, self.seen = self.seen, []
        for one in seen:
            self.memory = self.property.see(self.memory, one)
        if self.property.needs_nodes:
            self.memory = self.property.look(self.memory, self.nodes)

    def moves(self, budget: Budget) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for index, (_, receiver, _) in enumerate(self.flight):
            if receiver not in self.down:
                found.append(("deliver", index))
            if self.used["drops"] < budget.drops:
                found.append(("drop", index))
            if self.used["duplicates"] < budget.duplicates:
                found.append(("duplicate", index))
        for id, timers in self.timers.items():
            if budget.timeouts is None or self.used["timeouts"] < budget.timeouts:
                found += [("timer", id, index) for index in range(len(timers))]
            if id in self.down and self.used["recoveries"] < budget.recoveries:
                found.append(("recover", id))
            if id not in self.down and self.used["crashes"] < budget.crashes:
                found.append(("crash", id))
        return found

    def after_move(self, move: tuple[Any, ...], budget: Budget) -> "Whole":
        new = copy.deepcopy(self, {id(self.property): self.property})
        new.draws.clear()
        new._do(move)
        if new.used["recoveries"] >= budget.recoveries:  # nobody will ever read these
            new.flight = [each for each in new.flight if each[1] not in new.down]
        new.judge()
        return new

    def _do(self, move: tuple[Any, ...]) -> None:
        kind = move[0]
        if kind == "deliver":
            sender, receiver, msg = self.flight.pop(move[1])
            node = self.nodes[receiver]
            type(node)._inbox[type(msg)](node, msg, sender)
        elif kind == "drop":
            del self.flight[move[1]]
            self.used["drops"] += 1
        elif kind == "duplicate":
            self.flight.append(self.flight[move[1]])
            self.used["duplicates"] += 1
        elif kind == "timer":
            timer = self.timers[move[1]][move[2]]
            timer.cancel()
            if timer.repeats:
                timer.reset()
            self.used["timeouts"] += 1
            getattr(self.nodes[move[1]], timer.method)(*timer.args)
        elif kind == "crash":
            self.used["crashes"] += 1
            self.down.append(move[1])
            self.timers[move[1]].clear()
            self.seen.append(Observation("down", move[1], "down", {}))
            self.nodes[move[1]]._crash()
        else:
            self.used["recoveries"] += 1
            self.down.remove(move[1])
            self.seen.append(Observation("up", move[1], "up", {}))
            self.nodes[move[1]]._rebuild()
            self.nodes[move[1]].on_recover()

    def key(self) -> str:
        """Everything that tells this world from another, as a text."""
        parts = []
        for id, node in self.nodes.items():
            timers = sorted([repr((each.method, each.args)) for each in self.timers[id]])
            memory = [(name, self._shown(value)) for name, value in sorted(node.__dict__.items())]
            parts.append((id in self.down, memory, timers))
        return repr((parts, sorted(map(repr, self.flight)), self.used, self.memory))

    def _shown(self, value: Any) -> str:
        if isinstance(value, Clockwork):
            return repr((value.method, value.args, value.pending))
        if isinstance(value, set):
            return repr(sorted(value, key=repr))
        return repr(value)


def count(nodes: dict[Any, Node], property: Property, budget: Budget) -> tuple[int, int, str]:
    """How many states there are, how deep the deepest is, and the first violation's sentence."""
    first = Whole(nodes, property)
    first.start()
    known = {first.key()}
    level, depth = [first], 0
    while level:
        following = []
        for world in level:
            for move in world.moves(budget):
                try:
                    new = world.after_move(move, budget)
                except Violation as violation:
                    return len(known), depth + 1, violation.sentence
                if new.key() not in known:
                    known.add(new.key())
                    following.append(new)
        level = following
        depth += bool(following)
    return len(known), depth, ""
