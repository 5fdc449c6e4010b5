"""A node that does what a script says, so that a test can work out by hand what is to be measured."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from distlab.sim import Call, Fault, Network, Node, Simulation, Trace, cluster, message


@message
class Note:
    number: int = 0


@message
class Beat:
    pass


class Actor(Node):
    workers = 2

    def act(self, verb: str, arguments: tuple[Any, ...], facts: dict[str, Any]) -> None:
        getattr(self, verb)(*arguments, **facts)

    def labour(self, seconds: float) -> None:
        self.work(seconds, self.rest)

    def rest(self) -> None:
        pass

    def operate(self, operation: str, seconds: float | None, ending: str = "complete") -> None:
        handle = self.invoke(operation)
        if seconds == 0:
            getattr(handle, ending)()
        elif seconds is not None:
            self.after(seconds, self.conclude, handle, ending)

    def conclude(self, handle: Any, ending: str) -> None:
        getattr(handle, ending)()

    def on_note(self, msg: Note, sender: Any) -> None:
        pass

    def on_beat(self, msg: Beat, sender: Any) -> None:
        pass


Play = Callable[..., Trace]


@pytest.fixture
def play() -> Play:
    """Run a script: lines of (time, node, verb, arguments ..., {facts}); until 10 seconds on 3 nodes."""

    def run(
        *script: tuple[Any, ...],
        nodes: int = 3,
        until: float = 10.0,
        faults: Iterable[Fault] = (),
        network: Network | None = None,
        trace: str = "full",
    ) -> Trace:
        calls = []
        for time, node, verb, *arguments in script:
            facts = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
            calls.append(Call(node, time, "act", (verb, tuple(arguments), facts)))
        sim = Simulation(
            cluster(Actor, nodes),
            network=network or Network(latency=0.5),
            faults=faults,
            workload=calls,
            trace=trace,
        )
        return sim.run(until=until)

    return run


@pytest.fixture
def note() -> type:
    """A message with a number."""
    return Note


@pytest.fixture
def beat() -> type:
    """A message that says nothing: a heartbeat."""
    return Beat
