"""The step-through player: a run, forwards and backwards, and what would have come of it otherwise.

The film of the run is made once, in Python, and sent to the browser, which shows any step by itself. Only a
branch asks Python: the run is made again up to the step, something is done by hand, and it goes on.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import anywidget
import matplotlib.pyplot as plt
import traitlets

from distlab.plots import space_time

from .compare import compare
from .explorer import png
from .film import Film
from .source import Source, source_of
from .stage import ACTIONS, CannotChange, Change

__all__ = ["Player", "player"]

_HERE = Path(__file__).parent
_MESSAGES = 30  # in the stored picture


class Player(anywidget.AnyWidget):
    """The widget that :func:`player` makes.

    Attributes
    ----------
    step : int
        The step that is shown; set it to show another.
    node : int
        The place of the chosen node.
    follows : bool
        Whether the chosen node is always the one that acts.
    run : Film
        The run.
    other : Film or None
        The branch, if there is one.
    """

    _esm = _HERE / "player.js"
    _css = _HERE / "player.css"

    film = traitlets.Dict().tag(sync=True)
    branch = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    compared = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    node = traitlets.Int(0).tag(sync=True)
    follows = traitlets.Bool(True).tag(sync=True)
    why = traitlets.Unicode("").tag(sync=True)

    def __init__(self, source: Source, step: int, node: int, follows: bool = True) -> None:
        self.source = source
        self.run = source.first
        self.other: Film | None = None
        self.opened_at = step
        why = f"No branches here: {source.why}" if source.make is None else ""
        super().__init__(film=self.run.data, step=step, node=node, follows=follows, why=why)
        self.on_msg(self._asked)

    def make_branch(self, after: int, action: str, target: Any, of: str = "run") -> Film:
        """Make the run again up to a step, do something by hand, and go on.

        Parameters
        ----------
        after
            The number of steps that have been made.
        action
            "deliver" or "drop" a message, "fire" a timer, "crash" or "recover" a node.
        target
            The row of the message or timer in the trace, or the id of the node.
        of
            "run", or "branch" for a branch of the branch.

        Returns
        -------
        Film
            The branch, which the player now shows beside the run.

        Raises
        ------
        ValueError
            If it cannot be done at this step, or the run cannot be made again.

        Examples
        --------
        >>> from distlab.coordination.election import Bully
        >>> from distlab.sim import Simulation, cluster
        >>> shown = player(Simulation(cluster(Bully, 3)), until=2.0)
        >>> branch = shown.make_branch(after=2, action="crash", target=3)
        >>> branch.sentence(3)
        't = 0 s: node 3 crashes'
        >>> shown.compared["rows"][2]
        ['first leader', 'node 3, t = 0 s', 'node 2, t = 0.1 s']
        """
        film = self.other if of == "branch" and self.other is not None else self.run
        if action not in ACTIONS:
            raise ValueError(f"action must be one of {', '.join(ACTIONS)}; got {action!r}.")
        if not 0 <= after <= len(film):
            raise ValueError(f"after must be a step from 0 to {len(film)}; got {after!r}.")
        before = [change for change in film.changes if change.after < after]
        self.other = self.source.branch([*before, Change(after, action, target)])
        self.compared = compare(self.run, self.other)
        self.branch = self.other.data
        return self.other

    def _asked(self, widget: Any, message: dict[str, Any], buffers: Any) -> None:
        """The front end asks for a branch; what goes wrong is said there."""
        if message.get("ask") != "branch":
            return
        target = message["target"]
        if message["action"] in ("crash", "recover"):
            target = self.run.trace.nodes[target]
        try:
            self.make_branch(message["after"], message["action"], target, message.get("of", "run"))
        except CannotChange as error:
            self.send({"say": f"This is not possible: {error}"})
        except Exception as error:
            self.send({"say": f"The branch cannot be made. {type(error).__name__}: {error}"})

    def __repr__(self) -> str:
        run = self.run.data
        return (
            f"Player of {run['title']}: {len(self.run)} steps, opened at step {self.opened_at}: "
            f"{self.run.sentence(self.opened_at)}"
        )

    def picture(self) -> bytes:
        """The space-time diagram around the step at which the player was opened, as PNG."""
        film = self.run
        trace, unit = film.trace, film.data["unit"]
        guilty = [film.data["steps"][step]["row"] for step in film.data["guilty"]]
        start = (
            None
            if guilty or unit == "step" or self.opened_at == 0
            else film.data["steps"][self.opened_at]["t"]
        )
        height = 2.3 + min(5.6, 0.62 * len(trace.nodes))
        figure, axes = plt.subplots(figsize=(9.0, height), layout="constrained", dpi=72)
        space_time(
            trace,
            axes,
            start if start is not None and start < trace.end else None,
            highlight=guilty,
            max_messages=_MESSAGES,
            unit=unit,
        )
        return _few_colours(png(figure))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        made = super()._repr_mimebundle_(**kwargs)
        data: dict[str, Any] = {} if made is None else dict(made[0])
        data["text/plain"] = repr(self)
        data["image/png"] = base64.b64encode(self.picture()).decode()
        return data, {}


def player(
    source: Any,
    until: float | None = None,
    *,
    at: int | float | None = None,
    node: Any = None,
    guilty: Any = (),
    events: int = 2000,
) -> Player:
    """Step through a run, forwards and backwards, and try what would have come of it otherwise.

    The player shows the ring of nodes with roles, terms and timers, the messages under way, the space-time
    diagram, what the chosen node remembers, the lines of the handler that run, and the faults. From any step
    on, another message can be delivered first or dropped, a timer can run out, a node can crash: the branch
    stands beside the run, with what differs.

    In a lesson the call is the last line of a cell of its own, without any tag::

        player(Simulation(cluster(Raft, 5), network, faults, seed=7), until=2.0)

    What is stored of it is one line of text and a picture, the same in every run, so strict comparison holds
    and a reader without JupyterLab sees the space-time diagram.

    Parameters
    ----------
    source
        A :class:`~distlab.sim.Simulation` that has not run (it stays so: the player runs a copy), a
        :class:`~distlab.sim.Trace`, or a failed :class:`~distlab.check.Report` or its counterexample, which
        opens at its last guilty event.
    until
        For a simulation: simulated seconds; None: until nothing is left to happen.
    at
        The step to open at (a whole number), or a time in seconds (a decimal number); default: the last
        guilty event, or the beginning.
    node
        The id of the node whose state is shown; default: of each step, the node that acts.
    guilty
        Rows of the trace to mark.
    events
        The largest number of steps; the player says so if it is not enough.

    Returns
    -------
    Player

    Raises
    ------
    ValueError
        If the source is none of these, ``at`` lies outside the run, or there is no such node.

    Examples
    --------
    >>> from distlab.coordination.election import Bully
    >>> from distlab.sim import Simulation, cluster
    >>> player(Simulation(cluster(Bully, 3)), until=0.5, at=1)  # doctest: +ELLIPSIS
    Player of Bully, 3 nodes, seed 0: 41 steps, opened at step 1: t = 0 s: node 1 starts; ...
    """
    if isinstance(events, bool) or not isinstance(events, int) or events < 1:
        raise ValueError(f"events must be a whole number of 1 or more; got {events!r}.")
    made = source_of(source, until, tuple(guilty), events)
    film = made.first
    step = _opening(film, at)
    ids = film.trace.nodes
    if node is not None and node not in ids:
        raise ValueError(f"node must be one of {', '.join(map(repr, ids))}; got {node!r}.")
    place = ids.index(node) if node is not None else max(0, film.data["steps"][step]["node"])
    return Player(made, step, place, follows=node is None)


def _few_colours(picture: bytes) -> bytes:
    """The same picture in a third of the bytes: it is stored in notebooks."""
    from PIL import Image

    small = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(16, method=Image.Quantize.MAXCOVERAGE, kmeans=3).save(small, "PNG", optimize=True, bits=4)
    return small.getvalue()


def _opening(film: Film, at: int | float | None) -> int:
    guilty = film.data["guilty"]
    if at is None:
        return int(guilty[-1]) if guilty else 0
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise ValueError(f"at must be a step (a whole number) or a time in seconds; got {at!r}.")
    if isinstance(at, float):
        if not 0 <= at <= film.trace.end:
            raise ValueError(f"at must be a time from 0 to {film.trace.end:g} seconds; got {at!r}.")
        return film.at(at)
    if not 0 <= at <= len(film):
        raise ValueError(f"at must be a step from 0 to {len(film)}; got {at!r}.")
    return at
