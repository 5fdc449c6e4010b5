"""Rules that can be checked from outside: no wall clock, no global random.

A class is read once, when its first node enters a simulation: the names that its methods load are looked up, and a use of
the global ``random`` module or of the wall clock is answered with the line it stands on. What a function elsewhere does is
caught after the run, by the state of the global generator.
"""

from __future__ import annotations

import dis
import random
import types
from typing import Any

from .errors import ContractError

__all__ = ["check_random_state", "inspect_class", "random_state"]

_SEEN: set[type] = set()
_CLOCKS = {"time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns", "sleep"}
_ALLOWED_RANDOM = {"Random"}
_SECRET = {"uuid": {"uuid1", "uuid4"}, "secrets": None, "threading": None, "asyncio": None}


def random_state() -> Any:
    """The state of the global generator, to be compared after the run."""
    return random.getstate()


def check_random_state(before: Any) -> None:
    """Raise if the global generator was used since ``before`` was taken."""
    if random.getstate() != before:
        raise ContractError(
            "the global random module was used during the run, so the same seed would not give the same run; "
            "use self.rng, for instance self.rng.uniform(0.15, 0.3)."
        )


def inspect_class(kind: type) -> None:
    """Raise if a method of the class uses the global random module, the wall clock, threads or asyncio."""
    if kind in _SEEN:
        return
    for base in kind.__mro__:
        if base is object or base.__module__.startswith("distlab.sim"):
            continue
        for name, member in vars(base).items():
            function = getattr(member, "__func__", member)
            if isinstance(function, property):
                function = function.fget
            if isinstance(function, types.FunctionType):
                _inspect(kind, name, function.__code__, function.__globals__)
    _SEEN.add(kind)


def _inspect(kind: type, method: str, code: types.CodeType, names: dict[str, Any]) -> None:
    line = code.co_firstlineno
    instructions = list(dis.get_instructions(code))
    for index, instruction in enumerate(instructions):
        position = instruction.positions
        if position is not None and position.lineno is not None:
            line = position.lineno
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            after = next(
                (
                    i
                    for i in instructions[index + 1 : index + 3]
                    if "ATTR" in i.opname or "METHOD" in i.opname
                ),
                None,
            )
            attribute = after.argval if after is not None else None
            said = _forbidden(names.get(instruction.argval), instruction.argval, attribute)
            if said:
                raise ContractError(f"{kind.__name__}.{method}, line {line}, uses {said}")
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _inspect(kind, method, constant, names)


def _forbidden(value: Any, name: str, attribute: str | None) -> str:
    """What is wrong with loading this global and then this attribute of it; empty if nothing."""
    shown = name if attribute is None else f"{name}.{attribute}"
    seed = "so the same seed would not give the same run"
    if (value is random and attribute not in _ALLOWED_RANDOM) or getattr(
        value, "__self__", None
    ) is random._inst:  # type: ignore[attr-defined]
        return f"{shown}: the global random module, {seed}; use self.rng instead."
    module = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
    what = attribute if isinstance(value, types.ModuleType) else getattr(value, "__name__", None)
    if module == "time" and what in _CLOCKS:
        return f"{shown}: the machine's clock; use self.now and self.after(...) instead."
    if module == "datetime" and attribute in ("datetime", "now", "utcnow", "today", "date"):
        return f"{shown}: the machine's clock; use self.now instead."
    if module == "numpy.random" or (module == "numpy" and attribute == "random"):
        return f"{shown}: the global random module of numpy, {seed}; use self.rng instead."
    if module in _SECRET and (_SECRET[module] is None or what in _SECRET[module]):  # type: ignore[operator]
        return f"{shown}: a node may only react to messages and timers, {seed} otherwise."
    return ""
