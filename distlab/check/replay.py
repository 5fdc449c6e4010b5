"""Python that makes a failing run again: for a timed run and for a script of moves."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from distlab.sim import Message, Network

from .property import Property
from .scripted import play
from .subject import Subject
from .untimed import Move
from .watched import Setting

__all__ = ["replay", "script_code", "setting_code"]


class _Code:
    """Collects the names that an expression needs."""

    def __init__(self) -> None:
        self.names: dict[str, dict[str, None]] = {}  # module -> names, in order

    def need(self, kind: Any) -> str:
        """The name of a class or function, imported if it is the laboratory's; others the caller has."""
        module = kind.__module__
        if module.startswith("distlab.sim"):
            module = "distlab.sim"
        elif module.startswith("distlab.check"):
            module = "distlab.check"
        if module.startswith("distlab."):
            self.names.setdefault(module, {})[kind.__name__] = None
        return str(kind.__name__)

    def scan(self, value: Any) -> str:
        """The repr of plain data, with the names in it noted; of a class, its name."""
        if isinstance(value, type):
            return self.need(value)
        if isinstance(value, list | tuple | set | frozenset):
            for item in value:
                self.scan(item)
        elif isinstance(value, Mapping):
            for pair in value.items():
                self.scan(pair)
        elif isinstance(value, Message):
            self.need(type(value))
            self.scan(value._values())
        elif is_dataclass(value) and not isinstance(value, type):
            self.need(type(value))
            for field in fields(value):
                self.scan(getattr(value, field.name))
        return repr(value)

    def imports(self) -> str:
        return "".join(
            f"from {module} import {', '.join(sorted(names))}\n"
            for module, names in sorted(self.names.items())
        )


def _nodes_code(subject: Subject, n: int, code: _Code) -> str:
    """An expression for the nodes of a run."""
    algorithm = subject.algorithm
    arguments = "".join(f", {name}={code.scan(value)}" for name, value in subject.arguments.items())
    if isinstance(algorithm, type):
        code.names.setdefault("distlab.sim", {})["cluster"] = None
        return f"cluster({code.need(algorithm)}, {n}{arguments})"
    if _has_name(algorithm):
        return f"{code.need(algorithm)}({n}{arguments})"
    made = []
    for id, node in subject.nodes(n).items():
        args, kwargs = node._born
        given = [code.scan(value) for value in args]
        given += [f"{name}={code.scan(value)}" for name, value in kwargs.items()]
        made.append(f"{id!r}: {code.need(type(node))}({', '.join(given)})")
    return "{" + ", ".join(made) + "}"


def _has_name(function: Any) -> bool:
    """Can a function be called by its name where it was defined?"""
    name = getattr(function, "__name__", "")
    return name.isidentifier() and not keyword.iskeyword(name) and not hasattr(function, "__self__")


def setting_code(subject: Subject, setting: Setting) -> str:
    """Python that runs a setting again and ends with ``trace``."""
    code = _Code()
    code.names["distlab.sim"] = {"Simulation": None}
    lines = [_nodes_code(subject, setting.nodes, code), f"network={_network_code(setting.network, code)}"]
    lines.append(f"faults={code.scan(list(setting.faults))}")
    if setting.workload:
        lines.append(f"workload={code.scan(list(setting.workload))}")
    lines.append(f"seed={setting.seed}")
    inside = "".join(f"\n    {line}," for line in lines)
    budget = "" if setting.max_events == Setting.max_events else f", max_events={setting.max_events}"
    return f"{code.imports()}\nsim = Simulation({inside}\n)\ntrace = sim.run(until={setting.until!r}{budget})"


def _network_code(network: Network, code: _Code) -> str:
    plain = Network(latency=network.latency)
    code.need(Network)
    given = [
        f"{field.name}={code.scan(getattr(network, field.name))}"
        for field in fields(network)
        if field.name == "latency" or getattr(network, field.name) != getattr(plain, field.name)
    ]
    return f"Network({', '.join(given)})"


def script_code(
    subject: Subject, n: int, made: Sequence[Move], symmetric: bool, topology: Mapping[Any, Any] | None
) -> str:
    """Python that plays a script again and ends with ``trace``."""
    code = _Code()
    code.names["distlab.check"] = {"replay": None}
    moves = "".join(f"\n    {code.scan(tuple(move))}," for move in made)
    algorithm = subject.algorithm
    if isinstance(algorithm, type) or _has_name(algorithm):
        nodes = f"{code.need(algorithm)}, {n}"
        options = f", arguments={code.scan(subject.arguments)}" if subject.arguments else ""
    else:
        nodes = f"lambda n: {_nodes_code(subject, n, code)}, {n}"
        options = ""
    options += ", symmetric=True" if symmetric else ""
    options += f", topology={code.scan(dict(topology))}" if topology is not None else ""
    return f"{code.imports()}\nscript = [{moves}\n]\ntrace = replay({nodes}, script{options})"


def renamed(nodes: dict[Any, Any], symmetric: bool) -> dict[Any, Any]:
    """Under symmetry, ids are words that can be told from numbers."""
    return {f"n{id}": node for id, node in nodes.items()} if symmetric else nodes


def replay(
    algorithm: Any,
    nodes: int,
    script: Sequence[Any],
    symmetric: bool = False,
    arguments: Mapping[str, Any] | None = None,
    topology: Mapping[Any, Any] | None = None,
) -> Any:
    """Play the script of an untimed counterexample and return its trace; times are step numbers.

    Parameters
    ----------
    algorithm, nodes, arguments
        As given to :func:`check`.
    script
        Moves, as the report prints them.
    symmetric
        As the report prints it: nodes are then called "n1", "n2", ...
    topology
        As in the network that the check was given.

    Examples
    --------
    >>> from distlab.coordination.election import Bully
    >>> replay(Bully, 2, [("crash", 2), ("timer", 1, ("heard_nobody", ()))]).roles.role.tolist()
    ['candidate', 'candidate', 'leader', 'leader']
    """
    subject = Subject(algorithm, arguments)
    moves = [Move(*move) for move in script]
    sim, _, _ = play(renamed(subject.nodes(nodes), symmetric), Property(), moves, symmetric, topology)
    return sim.trace
