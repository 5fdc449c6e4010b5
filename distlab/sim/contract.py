"""Rules that can be checked from outside: no global random, no wall clock, handlers that can be called.

A class is read once, when its first node enters a simulation. The names that its methods use, and those
that plain functions of the same package use for them, are looked up; a use of the global ``random`` module
or of the wall clock is answered with the line it stands on. What remains hidden from such a reading (a
library that draws from the global generator) is noticed after the run, by the state of the generator.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import random
import sys
import types
from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

from .errors import ContractError

__all__ = ["check_random_state", "inspect_class", "inspect_handler", "random_state"]

_READ: WeakSet[type] = WeakSet()
_GLOBAL_RANDOM = random._inst
_SEED = "so the same seed would not give the same run"
_CLOCKS = frozenset(
    {"time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns", "sleep"}
)
_NOW = frozenset({"now", "utcnow", "today"})
_OUTSIDE = {
    "uuid": ("uuid1", "uuid4"),
    "os": ("urandom", "getpid"),
    "secrets": (),
    "threading": (),
    "asyncio": (),
}
_HOOKS = frozenset({"on_start", "on_recover"})


def random_state() -> Any:
    """The state of the global generator, to be compared after the run."""
    return _GLOBAL_RANDOM.getstate()


def check_random_state(before: Any) -> None:
    """Raise if the global generator was used since ``before`` was taken."""
    if _GLOBAL_RANDOM.getstate() != before:
        raise ContractError(
            f"the global random module was used during the run, {_SEED}; "
            f"use self.rng, for instance self.rng.uniform(0.15, 0.3)."
        )


def inspect_class(kind: type) -> None:
    """Raise if a method of the class uses the global random module, the wall clock, threads or asyncio."""
    if kind in _READ:
        return
    seen: set[types.CodeType] = set()
    for base in kind.__mro__:
        if base is object or base.__module__.startswith("distlab.sim"):
            continue
        for name, member in vars(base).items():
            function = getattr(member, "__func__", member)
            if isinstance(function, property):
                function = function.fget
            if isinstance(function, types.FunctionType):
                if name.startswith("on_"):
                    _require_plain(kind, name, function)
                _read(function, f"{kind.__name__}.{name}", seen)
    for name in _HOOKS:
        _require_arguments(kind, name, getattr(kind, name), ("self",))
    _READ.add(kind)


def inspect_handler(kind: type, name: str, handler: Any) -> None:
    """Raise if a message handler cannot be called with (self, msg, sender)."""
    _require_arguments(kind, name, handler, ("self", "msg", "sender"))


def _require_arguments(kind: type, name: str, function: Any, names: tuple[str, ...]) -> None:
    if not callable(function):
        raise ContractError(f"{kind.__name__}.{name} must be a method; got {function!r}.")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function written in C
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise ContractError(
            f"{kind.__name__}.{name}{signature} cannot be called: write def {name}({', '.join(names)})."
        ) from None


def _require_plain(kind: type, name: str, function: types.FunctionType) -> None:
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        what = "yields" if inspect.isgeneratorfunction(function) else "is async"
        raise ContractError(
            f"{kind.__name__}.{name} {what}, so calling it would do nothing: a handler runs to its end; "
            f"to go on later, use self.after(...)."
        )


def _read(function: types.FunctionType, where: str, seen: set[types.CodeType]) -> None:
    """Read a function, the functions inside it, and the functions of the same package that it names."""
    closure = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            closure[name] = cell.cell_contents
        except ValueError:  # not yet assigned
            continue
    _read_code(function.__code__, {**function.__globals__, **closure}, where, seen)


def _read_code(code: types.CodeType, names: dict[str, Any], where: str, seen: set[types.CodeType]) -> None:
    if code in seen:
        return
    seen.add(code)
    if _may_offend(code, names):
        for line, chain in _uses(code):
            said = _offence(chain, names)
            if said:
                raise ContractError(f"{where}, line {line}, uses {said}")
    package = str(names.get("__name__", "")).partition(".")[0]
    for name in code.co_names:
        function = names.get(name)
        if isinstance(function, types.FunctionType) and _belongs(function, package):
            _read(function, f"{where} calls {function.__name__}, which", seen)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _read_code(constant, names, where, seen)


def _belongs(function: types.FunctionType, package: str) -> bool:
    module = function.__module__ or ""
    return module.partition(".")[0] == package and not module.startswith("distlab.sim")


def _may_offend(code: types.CodeType, names: dict[str, Any]) -> bool:
    """A quick look: is any name of this code one that a closer look could object to?"""
    for name in (*code.co_names, *code.co_freevars):
        value = names.get(name)
        if value is None:
            if name == "hash" or name in _SUSPECT:
                return True
        elif _root(value) in _SUSPECT:
            return True
    return False


def _root(value: Any) -> str:
    """The module of a value, or the value itself if it is a module; without the package's inner modules."""
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0]
    if getattr(value, "__self__", None) is _GLOBAL_RANDOM:
        return "random"
    return str(getattr(value, "__module__", "")).partition(".")[0]


_SUSPECT = frozenset({"random", "time", "datetime", "numpy", *_OUTSIDE})


def _uses(code: types.CodeType) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each name that is loaded from outside, with its attributes: (line, ("random", "choice"))."""
    line = code.co_firstlineno
    chain: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if chain and ("LOAD_ATTR" in name or "LOAD_METHOD" in name or name == "IMPORT_FROM"):
            chain = (*chain, str(instruction.argval))
            continue
        if chain:
            yield line, chain
            chain = ()
        if instruction.positions is not None and instruction.positions.lineno is not None:
            line = instruction.positions.lineno
        if name in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"):
            chain = (str(instruction.argval),)
        elif name == "IMPORT_NAME":
            chain = ("import", *str(instruction.argval).split("."))
    if chain:
        yield line, chain


def _offence(chain: tuple[str, ...], names: dict[str, Any]) -> str:
    """What is wrong with loading this name and these attributes of it; empty if nothing."""
    if chain[0] == "import":
        module = sys.modules.get(chain[1])
        shown, chain, value = "import " + ".".join(chain[1:]), chain[2:], module
        if module is random and not chain:
            return f"{shown}: the global random module, {_SEED}; use self.rng instead."
    else:
        shown = ".".join(chain)
        value = names.get(chain[0], getattr(builtins, chain[0], None))
        chain = chain[1:]
    owner, attribute = None, ""
    for attribute in chain:
        if not isinstance(value, types.ModuleType | type):
            break
        owner, value = value, getattr(value, attribute, None)
    return _verdict(value, owner, attribute, shown)


def _verdict(value: Any, owner: Any, attribute: str, shown: str) -> str:
    if value is random or getattr(value, "__self__", None) is _GLOBAL_RANDOM or value is random.SystemRandom:
        return f"{shown}: the global random module, {_SEED}; use self.rng instead."
    module = _root(value)
    name = getattr(value, "__name__", attribute)
    if module == "time" and name in _CLOCKS:
        return f"{shown}: the machine's clock; use self.now and self.after(...) instead."
    if attribute in _NOW and _root(owner) == "datetime":
        return f"{shown}: the machine's clock; use self.now instead."
    if module == "numpy" and (
        ".random" in shown or str(getattr(value, "__module__", "")).startswith("numpy.random")
    ):
        return f"{shown}: the global random module of numpy, {_SEED}; use self.rng instead."
    if value is hash:
        return "hash(), which gives another number for the same text in every process; use zlib.crc32."
    outside = _root(owner) if owner is not None and module not in _OUTSIDE else module
    if outside in _OUTSIDE and (not _OUTSIDE[outside] or name in _OUTSIDE[outside]):
        return f"{shown}: a node may only react to messages and timers, {_SEED} otherwise."
    return ""
