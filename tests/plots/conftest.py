"""Small runs to draw, and figures that are closed after each test."""

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from distlab.sim import Network, Node, Simulation, Trace, Uniform, cluster, message


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    backend = mpl.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(backend)


@message
class Ask:
    number: int = 0


@message
class Answer:
    pass


class Asker(Node):
    """Node 1 asks all others once a second and leads from its first answer on; the others follow."""

    def on_start(self) -> None:
        self.become("follower", term=0)
        if self.id == 1:
            self.every(1.0, self.ask)

    def ask(self) -> None:
        if self.role == "follower":
            self.become("candidate", term=1)
            self.record("vote", term=1, candidate=self.id)
        self.broadcast(Ask())

    def on_ask(self, msg: Any, sender: Any) -> None:
        self.send(sender, Answer())

    def on_answer(self, msg: Any, sender: Any) -> None:
        if self.role == "candidate":
            self.become("leader", term=1)


class Crowd(Node):
    """All ask all, ten times a second."""

    def on_start(self) -> None:
        self.every(0.1, self.ask)

    def ask(self) -> None:
        self.broadcast(Ask())

    def on_ask(self, msg: Any, sender: Any) -> None:
        pass


Run = Callable[..., Trace]


@pytest.fixture
def asking() -> Run:
    """Make a run of Asker: ``asking(nodes, until, faults=...)``."""

    def run(nodes: int = 3, until: float = 3.5, **options: Any) -> Trace:
        options.setdefault("network", Network(latency=Uniform(0.1, 0.2)))
        return Simulation(cluster(Asker, nodes), **options).run(until=until)

    return run


@pytest.fixture
def crowd() -> Run:
    """Make a run in which all nodes talk: ``crowd(nodes, until)``."""

    def run(nodes: int, until: float) -> Trace:
        return Simulation(cluster(Crowd, nodes), network=Network(latency=Uniform(0.01, 0.02))).run(
            until=until
        )

    return run


def legend(ax: Any) -> list[str]:
    """The texts of a legend."""
    found = ax.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def marked(ax: Any, gid: str) -> list[Any]:
    """All artists that were drawn as one kind of thing."""
    return [
        artist for artist in (*ax.patches, *ax.collections, *ax.lines, *ax.texts) if artist.get_gid() == gid
    ]


def points(ax: Any, gid: str) -> list[tuple[float, float]]:
    """The positions of the markers of one kind."""
    return [
        tuple(point)
        for found in marked(ax, gid)
        if found in ax.collections
        for point in found.get_offsets().tolist()
    ]


@pytest.fixture
def look() -> Any:
    """Functions that read an Axes."""

    class Look:
        legend = staticmethod(legend)
        marked = staticmethod(marked)
        points = staticmethod(points)

    return Look
