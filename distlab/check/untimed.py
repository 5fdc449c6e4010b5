"""The untimed world: the same node classes, with every order of messages and timers possible.

A state of the world is a tuple of small numbers:

* the local state of each node (its attributes and running timers), interned: equal contents, equal number;
* the messages under way, a sorted tuple of interned envelopes (sender, receiver, message);
* what is left on the timers (only with ``timing="synchronous"``);
* the property's memory, interned;
* how much of each budget has been used.

A handler is a function of one local state and one event, so its result is computed once, by running the real
node, and kept: ``step(local, event) -> local', sends, observations``. Everything else is arithmetic on
tuples, which is what makes tens of thousands of states per second possible in Python.

Timing
------
``"asynchronous"``  any timer may fire at any time: what holds here holds for every speed of every machine.
``"synchronous"``   messages are faster than timers: a timer fires only when nothing is under way, the
earliest first. For
                    algorithms that need bounded delays (Bully).

Clocks stand still at 0 in this world; random draws of a node are the same in every step.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import permutations
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from distlab.sim import Call, ContractError, Message, Node, freeze, stream
from distlab.sim.contract import inspect_class

from .observation import Observation
from .property import Property, Violation

__all__ = ["Budget", "Move", "State", "World"]

OUTSIDE = -1  # the sender of calls


class Budget(NamedTuple):
    """How much may happen in an exhaustive search.

    ``timeouts`` None: as many as come (use it with ``timing="synchronous"`` and a bound on depth or time).
    """

    crashes: int = 0
    recoveries: int = 0
    drops: int = 0
    duplicates: int = 0
    timeouts: int | None = None


class Move(NamedTuple):
    """One thing that can happen: kind "deliver", "drop", "duplicate", "timer", "call", "crash" or "recover".

    For messages ``what`` is (sender, message); for timers and calls (method, arguments).
    """

    kind: str
    node: Any
    what: Any = None

    def __str__(self) -> str:
        if self.kind == "timer":
            method, args = self.what
            return f"node {self.node!r}: timer {method}({', '.join(map(repr, args))}) fires"
        if self.kind == "call":
            method, args = self.what
            return f"node {self.node!r} is called: {method}({', '.join(map(repr, args))})"
        if self.kind in ("crash", "recover"):
            return f"node {self.node!r} {'crashes' if self.kind == 'crash' else 'recovers'}"
        sender, msg = self.what
        verb = {"deliver": "arrives", "drop": "is lost", "duplicate": "is duplicated"}[self.kind]
        return f"{msg!r} from {sender!r} to {self.node!r} {verb}"


class State(NamedTuple):
    """A state of the world; see the module's text."""

    locals: tuple[int, ...]
    flight: tuple[int, ...]
    dues: tuple[tuple[float, ...], ...]
    memory: int
    used: tuple[int, int, int, int, int]


class _Timer:
    """A timer in the untimed world: it is running or not."""

    __slots__ = ("args", "box", "delay", "method", "origin", "repeats")

    def __init__(
        self, box: list[_Timer], method: str, args: tuple[Any, ...], delay: float, repeats: bool
    ) -> None:
        self.box = box
        self.method = method
        self.args = args
        self.delay = delay
        self.repeats = repeats
        self.origin = -1  # which running timer of the state before it is; -1: set anew in this step
        box.append(self)

    @property
    def pending(self) -> bool:
        return any(timer is self for timer in self.box)

    def cancel(self) -> None:
        self.box[:] = [timer for timer in self.box if timer is not self]

    def reset(self, delay: float | None = None) -> None:
        if delay is not None:
            if not delay >= 0:
                raise ContractError(f"a timer's delay must be 0 seconds or more; got {delay!r}.")
            self.delay = delay
        self.cancel()
        self.origin = -1
        self.box.append(self)

    def spec(self) -> tuple[str, Any, bool]:
        return (self.method, freeze(self.args), self.repeats)


class _Local:
    """One local state: what a node remembers, and its running timers."""

    __slots__ = ("down", "memory", "node", "number", "specs", "timers", "view")

    def __init__(
        self, number: int, node: int, memory: dict[str, Any], timers: list[_Timer], down: bool
    ) -> None:
        self.number = number
        self.node = node
        self.memory = memory
        self.timers = timers
        self.down = down
        self.specs = tuple([(timer.method, timer.args) for timer in timers])
        self.view = SimpleNamespace(**memory)


class _Step(NamedTuple):
    """What a handler did."""

    number: int
    local: int
    sends: tuple[int, ...]
    seen: tuple[Observation, ...]
    timers: tuple[tuple[int, float], ...]  # (index of the old timer or -1, its delay if new)
    error: str | None


class _OperationHandle:
    def __init__(self, driver: _Driver, node: Node, number: int) -> None:
        self.driver, self.node, self.number = driver, node, number

    def complete(self, result: Any = None) -> None:
        self._end("ok", result)

    def fail(self, reason: Any = None) -> None:
        self._end("failed", reason)

    def unknown(self, reason: Any = None) -> None:
        self._end("unknown", reason)

    def _end(self, status: str, result: Any) -> None:
        facts = {"number": self.number, "result": result}
        self.driver.seen.append(Observation("return", self.node.id, status, facts))


class _Driver:
    """Collects what a handler does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sends: list[tuple[Any, Message]] = []
        self.seen: list[Observation] = []
        self.box: list[_Timer] = []
        self.clock_read = False
        self._rng: Random | None = None

    def begin(self, box: list[_Timer]) -> None:
        self.sends, self.seen, self.box, self._rng = [], [], box, None

    def send(self, node: Node, to: Any, msg: Message) -> None:
        if not isinstance(msg, Message):
            raise ContractError(
                f"{node!r} tried to send {msg!r}, which is not a message; declare its class with @message."
            )
        if to not in self.world.place:
            raise ContractError(f"{node!r} tried to send {msg!r} to {to!r}, but there is no such node.")
        if msg._fragile:
            self.world.fragile.append((msg, freeze(msg)))
        self.sends.append((to, msg))

    def broadcast(self, node: Node, msg: Message, to: Iterable[Any]) -> None:
        for peer in to:
            self.send(node, peer, msg)

    def _timer(self, node: Node, delay: float, method: Any, args: tuple[Any, ...], repeats: bool) -> _Timer:
        if getattr(method, "__self__", None) is not node:
            raise ContractError(f"{node!r}: a timer must call one of the node's own methods; got {method!r}.")
        if not delay >= 0:
            raise ContractError(f"{node!r}: a timer's delay must be 0 seconds or more; got {delay!r}.")
        return _Timer(self.box, method.__name__, args, delay, repeats)

    def after(self, node: Node, delay: float, method: Any, args: tuple[Any, ...]) -> _Timer:
        return self._timer(node, delay, method, args, False)

    def every(self, node: Node, interval: float, method: Any, args: tuple[Any, ...]) -> _Timer:
        return self._timer(node, interval, method, args, True)

    def work(self, node: Node, duration: float, then: Any, args: tuple[Any, ...]) -> _Timer:
        return self._timer(node, duration, then, args, False)

    def become(self, node: Node, role: str, facts: dict[str, Any]) -> None:
        self.seen.append(Observation("role", node.id, role, facts))

    def record(self, node: Node, event: str, facts: dict[str, Any]) -> None:
        self.seen.append(Observation("record", node.id, event, facts))

    def invoke(self, node: Node, operation: str, key: Any, value: Any) -> _OperationHandle:
        number = len([seen for seen in self.seen if seen.kind == "invoke"])
        self.seen.append(
            Observation("invoke", node.id, operation, {"number": number, "key": key, "value": value})
        )
        return _OperationHandle(self, node, number)

    def clock(self, node: Node) -> float:
        self.clock_read = True
        return 0.0

    def peers(self, node: Node) -> tuple[Any, ...]:
        return tuple([id for id in self.world.ids if id != node.id])

    def rng(self, node: Node) -> Random:
        if self._rng is None:
            self._rng = self.world.fresh_rng(node.id)
        return self._rng


class World:
    """An algorithm and a property, ready to be explored.

    Parameters
    ----------
    nodes
        Fresh nodes, id -> node.
    property
        What must hold.
    budget
        What may happen.
    timing
        "asynchronous" or "synchronous".
    fifo
        If true, messages of one link arrive in order.
    symmetric
        If true, states that differ only by a renaming of the nodes count once; safe only if the algorithm
        never orders ids.
    calls
        What the outside world asks, once each, at any moment; their times do not count.
    """

    def __init__(
        self,
        nodes: Mapping[Any, Node],
        property: Property,
        budget: Budget,
        timing: str = "asynchronous",
        fifo: bool = False,
        symmetric: bool = False,
        calls: Iterable[Call] = (),
    ) -> None:
        if timing not in ("asynchronous", "synchronous"):
            raise ValueError(f'timing must be "asynchronous" or "synchronous"; got {timing!r}.')
        self.ids = tuple(nodes)
        self.place = {id: index for index, id in enumerate(self.ids)}
        self.property = property
        self.budget = budget
        self.synchronous = timing == "synchronous"
        self.fifo = fifo
        self.fragile: list[tuple[Message, Any]] = []
        self._driver = _Driver(self)
        self._nodes = list(nodes.values())
        for id, node in nodes.items():
            inspect_class(type(node))
            node._attach(self._driver, id)
        self._blank = [clone(node.__dict__, node) for node in self._nodes]
        self._locals: list[_Local] = []
        self._local_of: dict[Any, int] = {}
        self._envelopes: list[tuple[int, int, Any]] = []  # (sender, receiver, message)
        self._envelope_of: dict[Any, int] = {}
        self._links: list[tuple[int, int]] = []
        self._steps: dict[Any, _Step] = {}
        self._memories: list[Any] = []
        self._memory_of: dict[Any, int] = {}
        self._remembered: dict[tuple[int, int], int | Violation] = {}
        self._looked: dict[tuple[int, tuple[int, ...]], int | Violation] = {}
        self._calls = tuple(calls)
        self._renamings = list(permutations(range(len(self.ids))))[1:] if symmetric else []
        self._renamed_local: dict[tuple[int, int], int] = {}
        self._renamed_envelope: dict[tuple[int, int], int] = {}
        self._renamed_memory: dict[tuple[int, int], int] = {}
        self._smallest: dict[State, State] = {}

    # --- the beginning

    def initial(self) -> State:
        """The state after every node's ``on_start``, in the order of the ids; raises :class:`Violation`."""
        flight: list[int] = []
        dues: list[tuple[float, ...]] = []
        locals: list[int] = []
        memory = self._intern_memory(self.property.begin(self.ids))
        for index, memory_of_node in enumerate(self._blank):
            blank = self._intern_local(index, memory_of_node, [], False)
            step = self._step(blank, ("start",))
            if step.error:
                raise Violation(step.error, nodes=(self.ids[index],))
            locals.append(step.local)
            flight += step.sends
            dues.append(tuple([delay for _, delay in step.timers]))
            memory = self._remember(memory, step)
        flight += [self._intern_envelope(OUTSIDE, self.place[call.node], call) for call in self._calls]
        state = State(
            tuple(locals),
            self._in_order(flight),
            tuple(dues) if self.synchronous else (),
            memory,
            (0, 0, 0, 0, 0),
        )
        return self._seen_by_property(state)

    # --- what can happen

    def moves(self, state: State) -> list[tuple[str, int, int]]:
        """What can happen in a state, in a fixed order: (kind, node or envelope, timer)."""
        found: list[tuple[str, int, int]] = []
        locals, flight, dues, _, used = state
        table, budget = self._locals, self.budget
        last = -1
        deliverable = False
        links: set[tuple[int, int]] = set()
        for envelope in flight:
            if envelope == last:
                continue
            last = envelope
            if self.fifo:
                link = self._links[envelope]
                if link in links:
                    continue
                links.add(link)
            if not table[locals[self._envelopes[envelope][1]]].down:
                found.append(("deliver", envelope, 0))
                deliverable = True
        if self.synchronous:
            if not deliverable:
                earliest = min((due for mine in dues for due in mine), default=None)
                for node, mine in enumerate(dues):
                    found += [("timer", node, index) for index, due in enumerate(mine) if due == earliest]
        elif budget.timeouts is None or used[4] < budget.timeouts:
            for node, local in enumerate(locals):
                specs = table[local].specs
                found += [
                    ("timer", node, index)
                    for index, spec in enumerate(specs)
                    if index == 0 or spec != specs[index - 1]
                ]
        if used[2] < budget.drops:
            found += [
                ("drop", envelope, 0)
                for envelope in dict.fromkeys(flight)
                if self._links[envelope][0] != OUTSIDE
            ]
        if used[3] < budget.duplicates:
            found += [
                ("duplicate", envelope, 0)
                for envelope in dict.fromkeys(flight)
                if self._links[envelope][0] != OUTSIDE
            ]
        for node, local in enumerate(locals):
            if table[local].down:
                if used[1] < budget.recoveries:
                    found.append(("recover", node, 0))
            elif used[0] < budget.crashes:
                found.append(("crash", node, 0))
        return found

    def after(self, state: State, move: tuple[str, int, int]) -> State:
        """The state after a move; raises :class:`Violation`."""
        kind, subject, index = move
        locals, flight, dues, memory, (crashes, recoveries, drops, duplicates, timeouts) = state
        if kind == "deliver":
            envelope = self._envelopes[subject]
            node = envelope[1]
            flight = _without(flight, subject)
            step = self._step(locals[node], ("message", subject))
            waited = 0.0
        elif kind == "timer":
            node = subject
            waited = dues[node][index] if self.synchronous else 0.0
            step = self._step(locals[node], ("timer", index))
            timeouts += self.budget.timeouts is not None
        elif kind == "drop":
            return state._replace(
                flight=_without(flight, subject), used=(crashes, recoveries, drops + 1, duplicates, timeouts)
            )
        elif kind == "duplicate":
            return state._replace(
                flight=self._in_order([*flight, subject]),
                used=(crashes, recoveries, drops, duplicates + 1, timeouts),
            )
        else:
            node = subject
            step = self._step(locals[node], (kind,))
            waited = 0.0
            crashes += kind == "crash"
            recoveries += kind == "recover"
        if step.error:
            raise Violation(step.error, nodes=(self.ids[node],))
        if step.sends:
            flight = self._in_order([*flight, *step.sends])
        if self.synchronous:
            old = dues[node]
            if waited:
                dues = tuple([tuple([round(due - waited, 9) for due in mine]) for mine in dues])
                old = dues[node]
            mine = tuple([old[origin] if origin >= 0 else delay for origin, delay in step.timers])
            dues = (*dues[:node], mine, *dues[node + 1 :])
        if step.seen:
            memory = self._remember(memory, step)
        local = step.local
        if local != locals[node]:
            locals = (*locals[:node], local, *locals[node + 1 :])
        if recoveries >= self.budget.recoveries and (
            kind == "crash" or kind == "recover" or self._down(locals)
        ):
            flight = tuple(
                [each for each in flight if not self._locals[locals[self._envelopes[each][1]]].down]
            )
        new = State(locals, flight, dues, memory, (crashes, recoveries, drops, duplicates, timeouts))
        return self._seen_by_property(new) if self.property.needs_nodes else new

    def _down(self, locals: tuple[int, ...]) -> int:
        return sum(self._locals[local].down for local in locals)

    def _seen_by_property(self, state: State) -> State:
        if not self.property.needs_nodes:
            return state
        key = (state.memory, state.locals)
        result = self._looked.get(key)
        if result is None:
            try:
                result = self._intern_memory(
                    self.property.look(self._memories[state.memory], self.view(state))
                )
            except Violation as violation:
                result = violation
            self._looked[key] = result
        if isinstance(result, Violation):
            raise result
        return state if result == state.memory else state._replace(memory=result)

    # --- looking at a state

    def view(self, state: State) -> dict[Any, SimpleNamespace]:
        """The nodes' attributes: id -> namespace, not to be changed. A node that is down shows its disk, and
        no role.
        """
        return {self.ids[index]: self._locals[local].view for index, local in enumerate(state.locals)}

    def live(self, state: State) -> tuple[Any, ...]:
        """The nodes that are up."""
        return tuple(
            [self.ids[index] for index, local in enumerate(state.locals) if not self._locals[local].down]
        )

    def memory(self, state: State) -> Any:
        """The property's memory."""
        return self._memories[state.memory]

    def describe(self, state: State, move: tuple[str, int, int]) -> Move:
        """A move in words that a replay understands."""
        kind, subject, index = move
        if kind in ("deliver", "drop", "duplicate"):
            sender, receiver, msg = self._envelopes[subject]
            if isinstance(msg, Call):
                return Move("call", self.ids[receiver], (msg.method, msg.args))
            return Move(kind, self.ids[receiver], (self.ids[sender], msg))
        if kind == "timer":
            return Move(kind, self.ids[subject], self._locals[state.locals[subject]].specs[index])
        return Move(kind, self.ids[subject])

    def find(self, state: State, move: Move) -> tuple[str, int, int] | None:
        """The other way round: the move of this state that fits a description, or None."""
        return next((each for each in self.moves(state) if self.describe(state, each) == move), None)

    # --- symmetry

    def smallest(self, state: State) -> State:
        """The representative of all states that are this one with the nodes renamed."""
        if not self._renamings:
            return state
        best = state
        for number, renaming in enumerate(self._renamings):
            locals = [0] * len(renaming)
            for index, local in enumerate(state.locals):
                locals[renaming[index]] = self._rename_local(number, local)
            flight = self._in_order([self._rename_envelope(number, envelope) for envelope in state.flight])
            dues = state.dues
            if dues:
                moved: list[tuple[float, ...]] = [()] * len(renaming)
                for index, mine in enumerate(state.dues):
                    moved[renaming[index]] = mine
                dues = tuple(moved)
            other = State(tuple(locals), flight, dues, self._rename_memory(number, state.memory), state.used)
            if other < best:
                best = other
        return best

    def _names(self, number: int) -> dict[Any, Any]:
        return {self.ids[index]: self.ids[to] for index, to in enumerate(self._renamings[number])}

    def _rename_local(self, number: int, local: int) -> int:
        key = (number, local)
        found = self._renamed_local.get(key)
        if found is None:
            old = self._locals[local]
            names = self._names(number)
            memory, timers = clone((old.memory, old.timers), None, names)
            node = self._renamings[number][old.node]
            found = self._renamed_local[key] = self._intern_local(node, memory, timers, old.down)
        return found

    def _rename_envelope(self, number: int, envelope: int) -> int:
        key = (number, envelope)
        found = self._renamed_envelope.get(key)
        if found is None:
            sender, receiver, msg = self._envelopes[envelope]
            renaming = self._renamings[number]
            if isinstance(msg, Call):
                msg = replace(msg, node=self.ids[renaming[receiver]])
            else:
                sender, msg = renaming[sender], clone(msg, None, self._names(number))
            found = self._intern_envelope(sender, renaming[receiver], msg)
            self._renamed_envelope[key] = found
        return found

    def _rename_memory(self, number: int, memory: int) -> int:
        key = (number, memory)
        found = self._renamed_memory.get(key)
        if found is None:
            found = self._intern_memory(_resorted(clone(self._memories[memory], None, self._names(number))))
            self._renamed_memory[key] = found
        return found

    # --- one step of one node

    def _step(self, local: int, event: tuple[Any, ...]) -> _Step:
        key = (local, event)
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = self._run(self._locals[local], event)
        return step

    def _run(self, local: _Local, event: tuple[Any, ...]) -> _Step:
        node = self._nodes[local.node]
        memory, timers = clone((local.memory, local.timers), node)
        for index, timer in enumerate(timers):
            timer.origin = index
            timer.box = timers
        self._driver.begin(timers)
        node.__dict__.clear()
        node.__dict__.update(memory)
        error = None
        down = local.down
        seen_first: list[Observation] = []
        try:
            kind = event[0]
            if kind == "message":
                sender, _, msg = self._envelopes[event[1]]
                type(node)._inbox[msg.__class__](node, msg, None if sender == OUTSIDE else self.ids[sender])
            elif kind == "timer":
                timer = timers[event[1]]
                timer.cancel()
                if timer.repeats:
                    timer.reset()
                getattr(node, timer.method)(*timer.args)
            elif kind == "start":
                node.on_start()
            elif kind == "crash":
                down = True
                timers.clear()
                node._crash()
                seen_first.append(Observation("down", node.id, "down", {}))
            elif kind == "recover":
                down = False
                seen_first.append(Observation("up", node.id, "up", {}))
                node._rebuild()
                node.on_recover()
            for msg, before in self.fragile:
                if freeze(msg) != before:
                    raise ContractError(
                        f"a message was changed after it was sent: it is now {msg!r}; send a copy."
                    )
            self.fragile.clear()
        except Violation:
            raise
        except ContractError as problem:
            error = str(problem)
        except Exception as problem:
            from .watched import _story

            problem.add_note(f"in {node!r}, handling {event[0]}")
            error = _story(problem)
        timers.sort(key=lambda timer: repr(timer.spec()))
        result = self._intern_local(local.node, node.__dict__, timers, down)
        sends = tuple(
            [self._intern_envelope(local.node, self.place[to], msg) for to, msg in self._driver.sends]
        )
        origins = tuple([(timer.origin, timer.delay) for timer in timers])
        return _Step(len(self._steps), result, sends, tuple(seen_first + self._driver.seen), origins, error)

    def fresh_rng(self, id: Any) -> Random:
        """The draws of one step: the same in every step, and for all nodes if they count as symmetric."""
        return stream(0, "untimed") if self._renamings else stream(0, "untimed", id)

    # --- interning

    def _intern_local(self, node: int, memory: dict[str, Any], timers: list[_Timer], down: bool) -> int:
        key = (node, down, _picture(memory, self._nodes[node]), tuple([timer.spec() for timer in timers]))
        number = self._local_of.get(key)
        if number is None:
            memory, timers = clone((memory, timers), self._nodes[node])
            for timer in timers:
                timer.box = timers
            number = self._local_of[key] = len(self._locals)
            self._locals.append(_Local(number, node, memory, timers, down))
        return number

    def _intern_envelope(self, sender: int, receiver: int, msg: Any) -> int:
        key = (sender, receiver, freeze(msg))
        number = self._envelope_of.get(key)
        if number is None:
            number = self._envelope_of[key] = len(self._envelopes)
            self._envelopes.append((sender, receiver, msg))
            self._links.append((sender, receiver))
        return number

    def _intern_memory(self, memory: Any) -> int:
        number = self._memory_of.get(memory)
        if number is None:
            number = self._memory_of[memory] = len(self._memories)
            self._memories.append(memory)
        return number

    def _remember(self, memory: int, step: _Step) -> int:
        key = (memory, step.number)
        result = self._remembered.get(key)
        if result is None:
            value = self._memories[memory]
            try:
                for seen in step.seen:
                    value = self.property.see(value, seen)
                result = self._intern_memory(value)
            except Violation as violation:
                result = violation
            self._remembered[key] = result
        if isinstance(result, Violation):
            raise result
        return result

    def _in_order(self, flight: list[int]) -> tuple[int, ...]:
        if self.fifo:
            return tuple(sorted(flight, key=self._links.__getitem__))
        flight.sort()
        return tuple(flight)


def _without(flight: tuple[int, ...], envelope: int) -> tuple[int, ...]:
    at = flight.index(envelope)
    return flight[:at] + flight[at + 1 :]


def _picture(memory: dict[str, Any], node: Node) -> Any:
    """A hashable picture of a node's attributes; timers by what they call."""
    return tuple([(name, _freeze(memory[name])) for name in sorted(memory)])


def _freeze(value: Any) -> Any:
    if isinstance(value, _Timer):
        return ("timer", value.spec(), value.pending)
    if isinstance(value, dict):
        return ("dict", *sorted([(freeze(key), _freeze(item)) for key, item in value.items()], key=repr))
    if isinstance(value, list | tuple):
        return (type(value).__name__, *[_freeze(item) for item in value])
    return freeze(value)


_ATOMS = (int, float, str, bool, bytes, type(None))


def clone(
    value: Any, node: Node | None, names: Mapping[Any, Any] | None = None, memo: dict[int, Any] | None = None
) -> Any:
    """A deep copy of a node's memory that keeps who shares what; ``names`` renames ids on the way."""
    kind = value.__class__
    if kind in _ATOMS:
        return value if names is None or kind is not str else names.get(value, value)
    if memo is None:
        memo = {}
    known = memo.get(id(value))
    if known is not None:
        return known
    if kind is tuple:
        return tuple([clone(item, node, names, memo) for item in value])
    if isinstance(value, tuple):
        return kind(*[clone(item, node, names, memo) for item in value])
    copied: Any
    if kind is list:
        copied = memo[id(value)] = []
        copied.extend([clone(item, node, names, memo) for item in value])
    elif kind is dict:
        copied = memo[id(value)] = {}
        for key, item in value.items():
            copied[clone(key, node, names, memo)] = clone(item, node, names, memo)
    elif kind is set or kind is frozenset or kind is deque:
        copied = memo[id(value)] = kind([clone(item, node, names, memo) for item in value])
    elif kind is _Timer:
        copied = memo[id(value)] = object.__new__(_Timer)
        copied.method, copied.delay, copied.repeats, copied.origin = (
            value.method,
            value.delay,
            value.repeats,
            value.origin,
        )
        copied.args = clone(value.args, node, names, memo)
        copied.box = clone(value.box, node, names, memo)
    elif isinstance(value, Message):
        if names is None:
            return value
        copied = kind(*[clone(item, node, names, memo) for item in value._values()])
    else:
        copied = memo[id(value)] = copy.deepcopy(value, {id(node): node} if node is not None else {})
    return copied


def _resorted(memory: Any) -> Any:
    """Sorted tuples inside a memory must be sorted again after a renaming."""
    if isinstance(memory, tuple):
        items = [_resorted(item) for item in memory]
        if type(memory) is not tuple:
            return type(memory)(*items)
        if items and all(isinstance(item, tuple) for item in items):
            items.sort(key=repr)
        return tuple(items)
    return memory
