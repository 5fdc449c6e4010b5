"""What is checked: an algorithm, as something that makes fresh nodes for each run."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Mapping
from typing import Any

from distlab.sim import ContractError, Node, cluster, freeze

__all__ = ["Subject"]


class Subject:
    """A node class, or a function number of nodes -> nodes; makes new nodes as often as needed.

    >>> Subject(Node).nodes(3).keys()
    dict_keys([1, 2, 3])
    """

    def __init__(self, algorithm: Any, arguments: Mapping[str, Any] | None = None) -> None:
        if isinstance(algorithm, Node):
            raise TypeError(
                f"give the class {type(algorithm).__name__}, not one node of it: a check builds nodes for "
                "each run."
            )
        if not callable(algorithm):
            raise TypeError(
                "an algorithm is a Node class, or a function from a number of nodes to nodes; got "
                f"{algorithm!r}."
            )
        if isinstance(algorithm, type) and not issubclass(algorithm, Node):
            raise TypeError(f"{algorithm.__name__} is not a Node: write class {algorithm.__name__}(Node).")
        self.algorithm = algorithm
        self.arguments = dict(arguments or {})
        self.name: str = getattr(algorithm, "__name__", "algorithm")

    def nodes(self, n: int) -> dict[Any, Node]:
        """Fresh nodes for one run."""
        if isinstance(self.algorithm, type):
            return cluster(self.algorithm, n, **self.arguments)
        made = self.algorithm(n, **self.arguments)
        if not isinstance(made, Mapping):
            made = dict(enumerate(made, start=1))
        return dict(made)

    def classes(self, n: int) -> list[type[Node]]:
        """The node classes in a run of ``n`` nodes."""
        return list(dict.fromkeys(type(node) for node in self.nodes(n).values()))


def inspect_privacy(kind: type) -> None:
    """Raise if a class reaches for what is behind a node: its driver, or the other nodes through it."""
    for base in kind.__mro__:
        if base.__module__.startswith("distlab.sim") or base is object:
            continue
        for name, member in vars(base).items():
            function = getattr(member, "__func__", member)
            if isinstance(function, types.FunctionType):
                touched = [word for word in ("_driver", "_born", "_on") if word in _names(function.__code__)]
                if touched:
                    raise ContractError(
                        f"{kind.__name__}.{name} reads {touched[0]}: a node knows only its own attributes "
                        "and the messages "
                        f"it gets; other nodes' state must travel in a message."
                    )


def _names(code: types.CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*[_names(constant) for constant in inner])


def class_state(kinds: list[type]) -> dict[str, Any]:
    """The class attributes that could be changed in place, frozen; to be compared after a run."""
    return {
        f"{base.__name__}.{name}": freeze(value)
        for kind in kinds
        for base in kind.__mro__
        if not base.__module__.startswith("distlab.sim") and base is not object
        for name, value in vars(base).items()
        if isinstance(value, list | dict | set) and not name.startswith("_")
    }


def globals_state(kinds: list[type]) -> dict[str, Any]:
    """The module-level lists, dicts and sets that the classes' methods name, frozen; to be compared after a
    run.
    """
    found: dict[str, Any] = {}
    for kind in kinds:
        for base in kind.__mro__:
            if base.__module__.startswith("distlab.sim") or base is object:
                continue
            for member in vars(base).values():
                if isinstance(member, types.FunctionType):
                    for name in sorted(_names(member.__code__)):
                        value = member.__globals__.get(name)
                        if isinstance(value, list | dict | set):
                            found[name] = freeze(value)
    return found


def shared_nodes(nodes: Mapping[Any, Node]) -> str | None:
    """A sentence if a node keeps a reference to another node."""
    for id, node in nodes.items():
        for name, value in vars(node).items():
            held = (
                value
                if isinstance(value, list | tuple | set)
                else list(value.values())
                if isinstance(value, dict)
                else [value]
            )
            if any(isinstance(item, Node) for item in held):
                return (
                    f"node {id!r} holds another node itself in self.{name}; keep its id and send it messages."
                )
    return None


def first_change(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """The first name whose frozen value is not the same any more."""
    return next((name for name in sorted(before) if after.get(name) != before[name]), None)


def restore(kinds: list[type]) -> Callable[[], None]:
    """A function that puts class attributes and globals back, so that one run cannot poison the next."""
    saved: list[tuple[Any, Any]] = []
    for kind in kinds:
        for base in kind.__mro__:
            if base.__module__.startswith("distlab.sim") or base is object:
                continue
            for name, value in vars(base).items():
                if isinstance(value, list | dict | set) and not name.startswith("_"):
                    saved.append((value, copy.deepcopy(value)))
            for member in vars(base).values():
                if isinstance(member, types.FunctionType):
                    for name in sorted(_names(member.__code__)):
                        value = member.__globals__.get(name)
                        if isinstance(value, list | dict | set):
                            saved.append((value, copy.deepcopy(value)))

    def put_back() -> None:
        for live, old in saved:
            live.clear()
            live.extend(old) if isinstance(live, list) else live.update(old)

    return put_back
