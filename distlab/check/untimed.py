"""The untimed world: the same node classes, with every order of messages and timers possible.

A state of the world is a tuple of small numbers:

* the local state of each node (its attributes and running timers), interned: equal pictures, equal number;
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
earliest first. For algorithms that need bounded delays (Bully).

Clocks stand still at 0 in this world; random draws of a node are the same in every step. Work is done in the
order in which it came, by as many workers as the node has, and does not count as a time-out. A message to a
node that is down waits for it; with synchronous timing it is lost when the next timer fires.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heapreplace
from random import Random
from typing import Any, NamedTuple

from distlab.sim import Call, ContractError, Node, freeze, stream
from distlab.sim.contract import inspect_class

from .memory import Pending, copied, pictured, told
from .observation import Observation
from .property import Property, PropertyBroke, Violation
from .step import StepDriver
from .symmetry import Symmetry

__all__ = ["OUTSIDE", "Budget", "Move", "State", "World"]

OUTSIDE = -1  # the sender of calls

Way = tuple[str, int, int]  # a move inside the world: kind, node or envelope, timer


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

    For messages ``what`` is (sender, message); for timers (method, arguments), and a number if it is not the
    first of several equal ones; for calls (method, arguments).
    """

    kind: str
    node: Any
    what: Any = None

    def __str__(self) -> str:
        if self.kind == "timer":
            method, args, *_ = self.what
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


class _Watcher:
    """The driver of nodes that a property looks at: they may be read, not made to act."""

    def __init__(self, peers: Callable[[Any], tuple[Any, ...]]) -> None:
        self._peers = peers

    def peers(self, node: Node) -> tuple[Any, ...]:
        return self._peers(node.id)

    def clock(self, node: Node) -> float:
        return 0.0

    def __getattr__(self, verb: str) -> Any:
        raise ContractError(f"a property looks at nodes, it cannot make them {verb}.")


class Local:
    """One local state: what a node remembers, and its running timers."""

    __slots__ = ("down", "handles", "memory", "node", "picture", "specs", "timers", "view", "works")

    def __init__(
        self, node: int, memory: dict[str, Any], timers: list[Pending], handles: list[Any], down: bool
    ) -> None:
        self.node = node
        self.memory = memory
        self.timers = timers
        self.handles = handles
        self.down = down
        self.picture: Any = None
        self.specs: list[tuple[Any, ...]] = []
        for timer in timers:
            spec = (timer.method, told(timer.args))
            same = sum(each[:2] == spec for each in self.specs)
            self.specs.append((*spec, same) if same else spec)
        self.works = tuple([index for index, timer in enumerate(timers) if timer.work])
        self.view: Any = None


class _Step(NamedTuple):
    """What a handler did."""

    number: int
    local: int
    sends: tuple[int, ...]
    seen: tuple[Observation, ...]
    timers: tuple[tuple[int, float, bool], ...]  # (index of the old timer or -1, its delay, is it work?)
    error: Violation | None


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
        never orders ids. Ids must be texts that occur nowhere else.
    calls
        What the outside world asks, once each, at any moment; their times do not count.
    topology
        ``{id: (neighbour, ...)}``: who has links to whom; None: everybody to everybody.
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
        topology: Mapping[Any, Iterable[Any]] | None = None,
    ) -> None:
        if timing not in ("asynchronous", "synchronous"):
            raise ValueError(f'timing must be "asynchronous" or "synchronous"; got {timing!r}.')
        self.ids = tuple(nodes)
        self.place = {id: index for index, id in enumerate(self.ids)}
        self.property = property
        self.budget = budget
        self.synchronous = timing == "synchronous"
        self.fifo = fifo
        self.running: tuple[Any, ...] | None = None  # the handler that is running now, for a watchdog
        self._topology = None if topology is None else {id: tuple(near) for id, near in topology.items()}
        self._driver = StepDriver(self)
        self._watcher = _Watcher(self.peers)
        self._nodes = list(nodes.values())
        for id, node in nodes.items():
            inspect_class(type(node))
            node._attach(self._driver, id)
        self._workers = [node.workers for node in self._nodes]
        self._blank = [copied(node.__dict__, node)[0] for node in self._nodes]
        self._locals: list[Local] = []
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
        self.symmetry = Symmetry(self) if symmetric else None

    @property
    def clock_read(self) -> bool:
        """Has any handler asked for the time?"""
        return self._driver.clock_read

    @property
    def drawn(self) -> bool:
        """Has any handler asked for a random draw?"""
        return self._driver.drawn

    def peers(self, id: Any) -> tuple[Any, ...]:
        """Whom a node has links to."""
        others = self.ids if self._topology is None else self._topology[id]
        return tuple([other for other in others if other != id])

    def linked(self, sender: Any, receiver: Any) -> bool:
        """Is there a link? Every node has one to itself."""
        return self._topology is None or sender == receiver or receiver in self._topology[sender]

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
                raise step.error
            locals.append(step.local)
            flight += step.sends
            dues.append(self._dues((), step, index))
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

    def moves(self, state: State) -> list[Way]:
        """What can happen in a state, in a fixed order: (kind, node or envelope, timer)."""
        found: list[Way] = []
        locals, flight, dues, _, used = state
        table, budget = self._locals, self.budget
        firsts = self._firsts(flight)
        for envelope in firsts:
            if not table[locals[self._envelopes[envelope][1]]].down:
                found.append(("deliver", envelope, 0))
        if self.synchronous:
            if not found:
                earliest = min((due for mine in dues for due in mine), default=None)
                for node, mine in enumerate(dues):
                    found += [("timer", node, index) for index, due in enumerate(mine) if due == earliest]
        else:
            timers = budget.timeouts is None or used[4] < budget.timeouts
            for node, local in enumerate(locals):
                works = table[local].works
                if timers:
                    found += [("timer", node, index) for index in range(len(table[local].specs) - len(works))]
                found += [("timer", node, index) for index in works[: self._workers[node]]]
        for kind, left in (("drop", budget.drops - used[2]), ("duplicate", budget.duplicates - used[3])):
            if left > 0:
                found += [(kind, each, 0) for each in firsts if self._links[each][0] != OUTSIDE]
        for node, local in enumerate(locals):
            if table[local].down:
                if used[1] < budget.recoveries:
                    found.append(("recover", node, 0))
            elif used[0] < budget.crashes:
                found.append(("crash", node, 0))
        return found

    def _firsts(self, flight: tuple[int, ...]) -> list[int]:
        """Each envelope once; on FIFO links only the first of each link."""
        if not self.fifo:
            return list(dict.fromkeys(flight))
        firsts: dict[tuple[int, int], int] = {}
        for envelope in flight:
            firsts.setdefault(self._links[envelope], envelope)
        return list(firsts.values())

    def after(self, state: State, move: Way) -> State:
        """The state after a move; raises :class:`Violation`."""
        kind, subject, index = move
        locals, flight, dues, memory, (crashes, recoveries, drops, duplicates, timeouts) = state
        waited = 0.0
        if kind == "deliver":
            node = self._envelopes[subject][1]
            flight = _without(flight, subject)
            step = self._step(locals[node], ("message", subject))
        elif kind == "timer":
            node = subject
            step = self._step(locals[node], ("timer", index))
            if self.synchronous:
                waited = dues[node][index]
                if waited and self.budget.crashes:
                    flight = self._arriving(flight, locals)
            elif self.budget.timeouts is not None:
                timeouts += not self._locals[locals[node]].timers[index].work
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
            crashes += kind == "crash"
            recoveries += kind == "recover"
        if step.error:
            raise step.error
        if step.sends:
            flight = self._in_order([*flight, *step.sends])
        if self.synchronous:
            if waited:
                dues = tuple([tuple([round(due - waited, 9) for due in mine]) for mine in dues])
            dues = (*dues[:node], self._dues(dues[node], step, node), *dues[node + 1 :])
        if step.seen:
            memory = self._remember(memory, step)
        local = step.local
        if local != locals[node]:
            locals = (*locals[:node], local, *locals[node + 1 :])
        if crashes and recoveries >= self.budget.recoveries:
            flight = self._arriving(flight, locals)
        new = State(locals, flight, dues, memory, (crashes, recoveries, drops, duplicates, timeouts))
        return self._seen_by_property(new) if self.property.needs_nodes else new

    def _arriving(self, flight: tuple[int, ...], locals: tuple[int, ...]) -> tuple[int, ...]:
        """The messages whose receivers are up."""
        if not any(self._locals[local].down for local in locals):
            return flight
        return tuple([each for each in flight if not self._locals[locals[self._envelopes[each][1]]].down])

    def _dues(self, old: tuple[float, ...], step: _Step, node: int) -> tuple[float, ...]:
        """What is left on a node's timers; work waits for a free worker."""
        dues = [old[origin] if origin >= 0 else delay for origin, delay, _ in step.timers]
        lanes = [0.0] * max(1, self._workers[node])
        heapify(lanes)
        for index, (origin, delay, work) in enumerate(step.timers):
            if work:
                if origin < 0:
                    dues[index] = round(lanes[0] + delay, 9)
                heapreplace(lanes, dues[index])
        return tuple(dues)

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

    def view(self, state: State) -> dict[Any, Any]:
        """The nodes, id -> node, to be looked at. A node that is down shows its disk, and no role."""
        return {self.ids[index]: self._view(self._locals[local]) for index, local in enumerate(state.locals)}

    def _view(self, local: Local) -> Any:
        if local.view is None:
            kind = type(self._nodes[local.node])
            local.view = kind.__new__(kind)
            local.view.__dict__.update(local.memory)
            local.view._peers = None
            local.view._attach(self._watcher, self.ids[local.node])
        return local.view

    def live(self, state: State) -> tuple[Any, ...]:
        """The nodes that are up."""
        return tuple(
            [self.ids[index] for index, local in enumerate(state.locals) if not self._locals[local].down]
        )

    def memory(self, state: State) -> Any:
        """The property's memory."""
        return self._memories[state.memory]

    def describe(self, state: State, move: Way) -> Move:
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

    def find(self, state: State, move: Move) -> Way | None:
        """The other way round: the move of this state that fits a description, or None."""
        return next((each for each in self.moves(state) if self.describe(state, each) == move), None)

    def smallest(self, state: State) -> State:
        """The representative of all states that are this one with the nodes renamed."""
        return state if self.symmetry is None else self.symmetry.smallest(state)

    def tampered(self) -> str | None:
        """A sentence if what is meant to stay as it was has been changed: messages by the nodes that hold
        them, nodes by the property.
        """
        for sender, receiver, msg in self._envelopes:
            if getattr(msg, "_fragile", False) and (sender, receiver, freeze(msg)) not in self._envelope_of:
                return (
                    f"a message was changed after it was sent: it is now {msg!r}; keep a copy of what it "
                    "holds, such as list(msg.entries)."
                )
        if self.property.needs_nodes:
            for local in self._locals:
                if pictured(local.memory, local.timers, self.synchronous) != local.picture:
                    return (
                        f"{self.property.name} changed node {self.ids[local.node]!r} while looking at it; a "
                        "property must only read."
                    )
        return None

    # --- one step of one node

    def _step(self, local: int, event: tuple[Any, ...]) -> _Step:
        key = (local, event)
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = self._run(self._locals[local], event)
        return step

    def _run(self, local: Local, event: tuple[Any, ...]) -> _Step:
        node = self._nodes[local.node]
        (memory, timers), handles = copied((local.memory, local.timers), node)
        for index, timer in enumerate(timers):
            timer.origin = index
            timer.box = timers
        self._driver.begin(timers, handles)
        node.__dict__.clear()
        node.__dict__.update(memory)
        happened: list[Observation] = []
        down = local.down
        error = None
        result = -1
        sends: tuple[int, ...] = ()
        self.running = (node, event)
        try:
            if event[0] == "crash":
                down = True
                timers.clear()
                node._crash()
                happened.append(Observation("down", node.id, "down", {}))
            elif event[0] == "recover":
                down = False
                happened.append(Observation("up", node.id, "up", {}))
                node._rebuild()
                node.on_recover()
            else:
                self._handle(node, timers, event)
            self._driver.check()
            timers.sort(key=Pending.sort_key)
            result = self._intern_local(local.node, node.__dict__, timers, down)
            sends = self._sent(local.node)
        except ContractError as problem:
            error = Violation(str(problem), nodes=(node.id,), kind="contract")
        except Exception as problem:
            from .watched import story

            error = Violation(story(problem, self._handled(node, event)), nodes=(node.id,), kind="error")
        finally:
            self.running = None
        origins = tuple([(timer.origin, timer.delay, timer.work) for timer in timers])
        return _Step(len(self._steps), result, sends, tuple(happened + self._driver.seen), origins, error)

    def _handle(self, node: Node, timers: list[Pending], event: tuple[Any, ...]) -> None:
        if event[0] == "message":
            sender, _, msg = self._envelopes[event[1]]
            self._driver.guard(msg)
            type(node)._inbox[msg.__class__](node, msg, None if sender == OUTSIDE else self.ids[sender])
        elif event[0] == "timer":
            timer = timers[event[1]]
            timer.stop()
            if timer.repeats:
                timer.reset()
            getattr(node, timer.method)(*timer.args)
        else:
            node.on_start()

    def _handled(self, node: Node, event: tuple[Any, ...]) -> str:
        if event[0] == "message":
            sender, _, msg = self._envelopes[event[1]]
            return f"in {node!r}, handling {msg!r}" + ("" if sender < 0 else f" from {self.ids[sender]!r}")
        return f"in {node!r}, at a {event[0]}"

    def _sent(self, node: int) -> tuple[int, ...]:
        return tuple([self._intern_envelope(node, self.place[to], msg) for to, msg in self._driver.sends])

    def fresh_rng(self, id: Any) -> Random:
        """The draws of one step: the same in every step, and for all nodes if they count as symmetric."""
        return stream(0, "untimed") if self.symmetry is not None else stream(0, "untimed", id)

    # --- interning

    def _intern_local(self, node: int, memory: dict[str, Any], timers: list[Pending], down: bool) -> int:
        picture = pictured(memory, timers, self.synchronous)
        key = (node, down, picture)
        number = self._local_of.get(key)
        if number is None:
            (memory, timers), handles = copied((memory, timers), self._nodes[node])
            for timer in timers:
                timer.box = timers
            number = self._local_of[key] = len(self._locals)
            self._locals.append(Local(node, memory, timers, handles, down))
            self._locals[-1].picture = picture
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
        key = memory
        try:
            number = self._memory_of.get(key)
        except TypeError:
            if not getattr(self.property, "ours", True):
                raise PropertyBroke(
                    f"the memory of the property {self.property.name} must be a value that cannot change (a "
                    f"number, a text, a tuple, a frozenset), because a search goes back and forth; it is "
                    f"{memory!r}"
                ) from None
            key = freeze(memory)  # an algorithm recorded a list
            number = self._memory_of.get(key)
        if number is None:
            number = self._memory_of[key] = len(self._memories)
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
