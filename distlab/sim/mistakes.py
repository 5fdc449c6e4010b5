"""What an algorithm did wrong: one sentence that names the node, what it did, and what is right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .errors import ContractError, SimulationError
from .events import SimTimer
from .message import Message
from .node import Node
from .shown import first_few, shown

if TYPE_CHECKING:
    from .simulation import Simulation

__all__ = ["bad_timer", "bad_workers", "cannot_send", "endless", "no_link", "unknown_node", "where"]


def unknown_node(name: Any, nodes: Iterable[Any]) -> SimulationError:
    """A name that no node has."""
    return SimulationError(f"there is no node {shown(name)}; the nodes are: {first_few(nodes)}.")


def cannot_send(node: Node, to: Any, msg: Any, nodes: Iterable[Any]) -> ContractError:
    """Something that is not a message, or a receiver that does not exist."""
    if isinstance(msg, type) and issubclass(msg, Message):
        return ContractError(
            f"{node!r} tried to send the class {msg.__name__}; send a message of it: {msg.__name__}(...)."
        )
    if not isinstance(msg, Message):
        return ContractError(
            f"{node!r} tried to send {shown(msg)}, which is not a message; "
            f"declare its class with @message and send an instance."
        )
    return ContractError(f"{node!r} tried to send {msg!r} to {shown(to)}, but {unknown_node(to, nodes)}")


def no_link(node: Node, to: Any, msg: Message) -> ContractError:
    """A receiver that the topology gives no link to."""
    return ContractError(
        f"{node!r} tried to send {msg!r} to {to!r}, "
        f"but Network.topology has no link from {node.id!r} to {to!r}."
    )


def bad_timer(node: Node, verb: str, delay: Any, method: Any) -> ContractError:
    """A timer or work with a wrong duration, or with a method that is not the node's."""
    if getattr(method, "__self__", None) is not node:
        name = getattr(method, "__name__", shown(method))
        return ContractError(
            f"{node!r} called {verb}({shown(delay)}, {name}): it needs one of the node's own methods, "
            f"such as self.on_timeout, without brackets."
        )
    least = "more than 0 seconds" if verb == "every" else "0 seconds or more"
    return ContractError(f"{node!r} called {verb}({shown(delay)}, ...): the duration must be {least}.")


def bad_workers(node: Node) -> ContractError:
    """A number of workers that is none."""
    return ContractError(f"{node!r}: workers must be a whole number, 1 or more; got {node.workers!r}.")


def where(sim: Simulation, target: Any, source: Any, payload: Any) -> str:
    """Where a handler failed."""
    if not isinstance(target, Node):
        return f"while applying {payload!r} at t = {sim.time:.6g} s."
    sender = "" if source is None else f" from {source!r}"
    return f"in {target!r}, handling {payload!r}{sender} at t = {sim.time:.6g} s (row {sim._cause})."


def endless(sim: Simulation, budget: int, time_stood_still: bool) -> str:
    """What kept a run going that used up its budget."""
    waiting: dict[str, int] = {}
    for *_, payload in sim._heap[:1000]:
        if isinstance(payload, Message):
            name = type(payload).__name__
        elif isinstance(payload, SimTimer) and payload.row >= 0:
            name = f"the timer of {payload.method.__name__}()"
        else:
            continue
        waiting[name] = waiting.get(name, 0) + 1
    common = sorted(waiting, key=lambda name: -waiting[name])[:3]
    still = " (simulated time stood still: something answers itself without any delay)"
    return (
        f"the run used up its budget of {budget:,} events at t = {sim.time:.6g} s and was still going"
        + (still if time_stood_still else "")
        + (f"; waiting: {', '.join(common)}" if common else "")
        + ". Give run(until=...), mend the loop, or raise max_events."
    )
