"""The rules of the laboratory that are checked before any search: nodes share nothing but messages, and a run
depends on nothing but messages, timers and ``self.rng``.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import dis
import types
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from distlab.sim import ContractError, Message, Network, Node, Simulation, freeze
from distlab.sim.contract import check_random_state, random_state
from distlab.sim.message import handler_name

from .memory import attributes
from .property import Property, Violation
from .subject import Subject
from .watched import Outcome, Setting, Unusable, watch

__all__ = ["Shared", "broken_rule"]

_Descriptor = property  # the name is taken by what is checked
_CHANGEABLE = (list, dict, set, bytearray, deque)
_RESERVED = {
    "_driver": "a node knows only its own attributes and the messages it gets; other nodes' state must "
    "travel in a message.",
    "_born": "that name belongs to the laboratory; choose another one.",
    "_on": "that name belongs to the laboratory; choose another one.",
    "_peers": "that name belongs to the laboratory; use self.peers, or choose another one.",
}
_UNSTABLE = {
    "id": "the address of an object in memory, which differs from run to run",
    "input": "the keyboard",
    "open": "a file",
}


def broken_rule(
    subject: Subject,
    property: Property,
    n: int,
    network: Network,
    workload: tuple[Any, ...],
    seed: int,
) -> Violation | None:
    """The first rule that an algorithm breaks, as a violation; None if it keeps them all.

    What can be read from the code is read; then one run without faults is watched, and repeated.
    """
    try:
        kinds = subject.classes(n)
        for kind in kinds:
            _read(kind)
        shared = Shared(kinds)
        setting = Setting(n, (), network, workload, seed, 1.0, 0.0, 20_000)
        nodes = subject.nodes(n)
        before = random_state()
        first = watch(nodes, property, setting, full=True)
        check_random_state(before)
        if first.kind == "endless":
            return first.violation
        sentence = _node_held(nodes) or _node_sent(first) or shared.change()
        shared.put_back()
        if sentence is not None:
            return Violation(sentence, kind="contract")
        if first.kind in ("passed", "property"):
            return _repeated(subject, property, setting, first, nodes)
    except (ContractError, Unusable) as error:
        return Violation(str(error), kind="contract")
    return None


def _repeated(
    subject: Subject, property: Property, setting: Setting, first: Outcome, nodes: Mapping[Any, Node]
) -> Violation | None:
    second = watch(subject.nodes(setting.nodes), property, setting, full=True)
    digest = first.trace.digest()
    if digest != second.trace.digest():
        return Violation(
            "the same seed gave two different runs: something depends on more than messages, timers and "
            "self.rng (id(), the clock, a file, a set of objects that is iterated over, or shared state?).",
            kind="contract",
        )
    if first.kind == "passed" and any(_loose_sets(node) for node in nodes.values()):
        for size in (5, 7, 9, 11):
            if _shaken(subject, setting, 1 << size) != digest:
                return Violation(
                    "the run depends on the order in which a set gives its items, which differs from run to "
                    "run; write sorted(...) around the set where it is iterated over.",
                    kind="contract",
                )
    return None


# --- what can be read from the code


def _own(kind: type) -> Iterator[type]:
    """A class and its bases that are not the laboratory's own."""
    for base in kind.__mro__:
        if not base.__module__.startswith("distlab.sim") and base is not object:
            yield base


def _functions(kind: type) -> Iterator[tuple[str, types.FunctionType]]:
    """The methods of a class, and the functions of their modules that they name."""
    seen: list[types.FunctionType] = []
    waiting: list[tuple[str, Any]] = []
    for base in _own(kind):
        for name, member in vars(base).items():
            function = getattr(member, "__func__", member)
            waiting.append(
                (f"{kind.__name__}.{name}", function.fget if isinstance(function, _Descriptor) else function)
            )
    while waiting:
        name, function = waiting.pop(0)
        if not isinstance(function, types.FunctionType) or function in seen:
            continue
        if function.__module__ is not None and function.__module__.startswith("distlab.sim"):
            continue
        seen.append(function)
        yield name, function
        for each in _globals(function):
            other = function.__globals__.get(each)
            if isinstance(other, types.FunctionType) and other.__module__ == function.__module__:
                waiting.append((each, other))


def _globals(function: types.FunctionType) -> list[str]:
    """The global names that a function loads, sorted."""
    found = {
        instruction.argval
        for code in _codes(function.__code__)
        for instruction in dis.get_instructions(code)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    return sorted(found)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _read(kind: type) -> None:
    for name, function in _functions(kind):
        for code in _codes(function.__code__):
            for word, why in _RESERVED.items():
                if word in code.co_names and name.startswith(kind.__name__):
                    raise ContractError(f"{name} uses {word}: {why}")
            for instruction in dis.get_instructions(code):
                if instruction.opname == "STORE_GLOBAL":
                    raise ContractError(
                        f"{name} assigns to the global {instruction.argval}: nodes share nothing but "
                        f"messages; keep it in the node, as self.{instruction.argval}."
                    )
                if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                    word = instruction.argval
                    if word in _UNSTABLE and word not in function.__globals__:
                        raise ContractError(
                            f"{name} uses {word}(): {_UNSTABLE[word]}, so the same seed would not give the "
                            "same run."
                        )
    for base in _own(kind):
        slots = [name for name in base.__dict__.get("__slots__", ()) if name != "__dict__"]
        if slots:
            raise ContractError(
                f"{kind.__name__} has __slots__; leave them out: what a node remembers is in its __dict__."
            )
    _misspelt_hook(kind)


def _misspelt_hook(kind: type) -> None:
    """``on_strat`` is never called, and nothing would say so."""
    if any("on_start" in vars(base) for base in _own(kind)):
        return
    for base in _own(kind):
        for name, member in vars(base).items():
            if not isinstance(member, types.FunctionType) or name == "on_recover":
                continue
            messages = [
                value
                for value in member.__globals__.values()
                if isinstance(value, type) and issubclass(value, Message)
            ]
            if any(handler_name(each) == name for each in messages):
                continue
            near = difflib.get_close_matches(name.lower(), ["on_start"], cutoff=0.75)
            if near and member.__code__.co_argcount == 1:
                raise ContractError(
                    f"{kind.__name__} has no on_start(self), so it never begins; it has {name}(self), which "
                    "nothing calls. Is it misspelt?"
                )


# --- what nodes share


class Shared:
    """What the nodes of some classes could share by mistake: class attributes, and globals and closures that
    their methods name. Knows whether it has changed, and puts it back.
    """

    def __init__(self, kinds: list[type[Node]]) -> None:
        self._bases = list(dict.fromkeys(base for kind in kinds for base in _own(kind)))
        self._before = {base: dict(_state_of(base)) for base in self._bases}
        self._outside = self._named(kinds)
        self._frozen: dict[tuple[type | None, str], Any] = {
            **{
                (base, name): _frozen(value)
                for base, values in self._before.items()
                for name, value in values.items()
            },
            **{(None, name): _frozen(value) for name, value in self._outside.items()},
        }
        self._saved: list[tuple[Any, Any]] = []
        for values in (*self._before.values(), self._outside):
            for value in values.values():
                if isinstance(value, _CHANGEABLE):
                    with contextlib.suppress(Exception):  # what cannot be copied cannot be put back
                        self._saved.append((value, copy.deepcopy(value)))

    def _named(self, kinds: list[type[Node]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for kind in kinds:
            for _, function in _functions(kind):
                for name in _globals(function):
                    value = function.__globals__.get(name)
                    if _shareable(value):
                        found[name] = value
                for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                    try:
                        value = cell.cell_contents
                    except ValueError:
                        continue
                    if _shareable(value):
                        found[name] = value
        return found

    def change(self) -> str | None:
        """A sentence about the first thing that has changed since; None if nothing has."""
        for base in self._bases:
            after = dict(_state_of(base))
            for name in sorted({*self._before[base], *after}):
                frozen = _frozen(after[name]) if name in after else None
                if frozen != self._frozen.get((base, name)) or name not in after:
                    return (
                        f"{base.__name__}.{name} is an attribute of the class and was changed during the "
                        "run: all nodes share it, as real machines never do; set it in __init__ with "
                        f"self.{name} = ... instead."
                    )
        for name, value in self._outside.items():
            if _frozen(value) != self._frozen[None, name]:
                return (
                    f"{name}, which stands outside the nodes, was changed during the run: nodes share "
                    f"nothing but messages; keep it in the node, as self.{name}."
                )
        return None

    def put_back(self) -> None:
        """Make everything as it was, so that one run cannot poison the next."""
        for base in self._bases:
            for name in dict(_state_of(base)):
                if name not in self._before[base]:
                    delattr(base, name)
            for name, value in self._before[base].items():
                if base.__dict__.get(name) is not value:
                    setattr(base, name, value)
        for live, old in self._saved:
            live.clear()
            live.extend(copy.deepcopy(old)) if hasattr(live, "extend") else live.update(copy.deepcopy(old))


def _state_of(base: type) -> Iterator[tuple[str, Any]]:
    """The attributes of a class that are data."""
    for name, value in vars(base).items():
        special = name.startswith("__") or name in ("_inbox", "_abc_impl")
        code = isinstance(value, types.FunctionType | classmethod | staticmethod | _Descriptor | type)
        if not special and not code and not hasattr(value, "__get__"):
            yield name, value


def _shareable(value: Any) -> bool:
    return isinstance(value, _CHANGEABLE) or (
        hasattr(value, "__dict__")
        and not isinstance(value, type | types.ModuleType | types.FunctionType | Node | Message)
        and not type(value).__module__.startswith(("distlab.", "numpy", "pandas", "matplotlib"))
        and not callable(value)
    )


def _frozen(value: Any) -> Any:
    try:
        return freeze(value)
    except RecursionError:
        return None


def _node_held(nodes: Mapping[Any, Node]) -> str | None:
    """A sentence if a node keeps a reference to another node."""
    for id, node in nodes.items():
        for name, value in vars(node).items():
            if any(held is not node for held in _nodes_in(value)):
                return (
                    f"node {id!r} holds another node itself in self.{name}; keep its id and send it messages."
                )
    return None


def _has_attributes(value: Any) -> bool:
    return (
        hasattr(value, "__dict__")
        and not isinstance(value, type | types.FunctionType | types.ModuleType)
        and not type(value).__module__.startswith("distlab.sim")
    )


def _nodes_in(value: Any, depth: int = 4) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif depth and isinstance(value, list | tuple | set | frozenset | deque):
        for item in value:
            yield from _nodes_in(item, depth - 1)
    elif depth and isinstance(value, dict):
        for pair in value.items():
            yield from _nodes_in(pair, depth - 1)
    elif depth and isinstance(value, Message):
        yield from _nodes_in(value._values(), depth - 1)
    elif depth and _has_attributes(value):
        yield from _nodes_in(attributes(value), depth - 1)


def _node_sent(outcome: Outcome) -> str | None:
    for event in outcome.trace.events(happened=False):
        if event.kind == "message" and next(_nodes_in(event.payload), None) is not None:
            return (
                f"node {event.sender!r} sent a node in a {type(event.payload).__name__}; send what the other "
                "needs to know, or an id."
            )
    return None


# --- the order of sets


def _sets_in(value: Any, depth: int = 4) -> Iterator[set[Any]]:
    if isinstance(value, set):
        yield value
    elif depth and isinstance(value, list | tuple | deque):
        for item in value:
            yield from _sets_in(item, depth - 1)
    elif depth and isinstance(value, dict):
        for item in value.values():
            yield from _sets_in(item, depth - 1)
    elif depth and _has_attributes(value) and not isinstance(value, Node):
        yield from _sets_in(attributes(value), depth - 1)


def _loose_sets(node: Node) -> list[set[Any]]:
    """The sets that a node remembers whose order is a matter of chance: whole numbers keep theirs."""
    return [each for each in _sets_in(vars(node)) if any(not isinstance(item, int) for item in each)]


def _shaken(subject: Subject, setting: Setting, room: int) -> str:
    """The digest of the same run, with every set given a larger table, and so another order."""
    nodes = subject.nodes(setting.nodes)
    sim = Simulation(nodes, network=setting.network, workload=setting.workload, seed=setting.seed)
    for _ in range(setting.max_events):
        if sim.step(setting.until) is None:
            break
        for node in nodes.values():
            for each in _loose_sets(node):
                items = sorted(each, key=repr, reverse=True)
                padding = range(-2, -2 - room, -1)
                each.clear()
                each.update(padding)
                each.difference_update(padding)
                each.update(items)
    return sim.run(until=setting.until).digest()
