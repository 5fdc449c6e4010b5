"""The network between the nodes: how long a message takes, and whether it arrives.

A :class:`Network` is data: it can be shown, compared and used for many runs. A network with nothing but a
latency is the fast path of the simulator; loss, duplication, FIFO links, per-link settings and bandwidth
take the careful one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf
from typing import Any

from .distributions import Constant, Distribution, LogNormal, Shifted, as_distribution
from .errors import SimulationError
from .shown import first_few, shown

__all__ = ["Link", "Network", "one_rack", "one_region", "probability", "three_regions"]


def probability(value: float, name: str) -> float:
    """Return ``value`` if it is a probability; a clear error otherwise.

    >>> probability(0.5, "loss")
    0.5
    >>> probability(1.5, "loss")
    Traceback (most recent call last):
        ...
    ValueError: loss must be a probability between 0 and 1; got 1.5.
    """
    try:
        right = not isinstance(value, bool) and 0 <= value <= 1
    except TypeError:
        right = False
    if not right:
        raise ValueError(f"{name} must be a probability between 0 and 1; got {value!r}.")
    return float(value)


@dataclass(frozen=True)
class Link:
    """What is different on one link; ``None`` means "as the network says".

    Parameters
    ----------
    latency
        One-way delay: seconds, or a distribution of seconds.
    loss
        Probability that a message is lost.

    Examples
    --------
    >>> Link(loss=0.2)
    Link(latency=None, loss=0.2)
    """

    latency: float | Distribution | None = None
    loss: float | None = None

    def __post_init__(self) -> None:
        if self.latency is not None:
            object.__setattr__(self, "latency", as_distribution(self.latency, "Link.latency"))
        if self.loss is not None:
            probability(self.loss, "Link.loss")


def _unit_size(msg: Any) -> int:
    return 1


@dataclass(frozen=True, repr=False)
class Network:
    """How messages travel.

    A message to oneself takes the network's latency like any other, but is never lost, cut off, slowed down
    or copied.

    Parameters
    ----------
    latency
        One-way delay: seconds, or a distribution of seconds.
    loss, duplication, reordering
        Probabilities per message. A copy takes a latency more than the original. A reordered message is
        held back for ``hold`` latencies more, so that later ones overtake it.
    hold
        See ``reordering``; 1 or more.
    fifo
        If true, messages of one sender to one receiver arrive in the order in which they were sent.
    links
        ``{(sender, receiver): Link(...)}``: what is different on single links.
    topology
        ``{id: (neighbour, ...)}``: who has links to whom; default: everybody to everybody.
    bandwidth
        Bytes per second of each link, or None for no limit; messages queue behind each other on a link.
    size
        Function message -> bytes; used with ``bandwidth`` and by ``distlab.metrics``. Default: 1 for each
        message.
    regions, between
        ``{id: region}`` and ``{(region, region): latency}``: a latency matrix between regions; pairs may be
        given in one direction only.

    Raises
    ------
    ValueError
        If a probability is outside [0, 1], a latency is negative, a region pair is missing, or both
        ``fifo`` and ``reordering`` are asked for.

    Examples
    --------
    >>> Network(latency=0.01, loss=0.1)
    Network(latency=0.01, loss=0.1)
    """

    latency: float | Distribution = 0.01
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    hold: int = 3
    fifo: bool = False
    links: Mapping[tuple[Any, Any], Link] = field(default_factory=dict)
    topology: Mapping[Any, Sequence[Any]] | None = None
    bandwidth: float | None = None
    size: Callable[[Any], float] = _unit_size
    regions: Mapping[Any, str] | None = None
    between: Mapping[tuple[str, str], float | Distribution] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "latency", as_distribution(self.latency, "Network.latency"))
        for name in ("loss", "duplication", "reordering"):
            probability(getattr(self, name), f"Network.{name}")
        if not isinstance(self.hold, int) or self.hold < 1:
            raise ValueError(f"Network.hold must be a whole number, 1 or more; got {self.hold!r}.")
        if self.fifo and self.reordering:
            raise ValueError("Network: fifo=True and reordering contradict each other; choose one.")
        if self.bandwidth is not None:
            _require_bandwidth(self.bandwidth)
        if not callable(self.size):
            raise ValueError(
                f"Network.size must be a function from a message to its bytes; got {self.size!r}."
            )
        for pair, link in self.links.items():
            if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(link, Link)):
                raise ValueError(
                    f"Network.links maps (sender, receiver) to Link(...); got {pair!r}: {link!r}."
                )
        if self.regions is not None:
            object.__setattr__(self, "between", _matrix(self.regions, self.between))
        elif self.between:
            raise ValueError("Network.between needs regions={id: region} to say where the nodes are.")

    def __repr__(self) -> str:
        """What differs from the default."""
        latency = self.latency.seconds if isinstance(self.latency, Constant) else self.latency
        said = [f"latency={shown(latency)}"]
        for each in fields(self)[1:]:
            value = getattr(self, each.name)
            if value and value != each.default:
                said.append(f"{each.name}={shown(value)}")
        return f"Network({', '.join(said)})"

    @property
    def plain(self) -> bool:
        """Is there nothing but one latency for all?"""
        return not (
            self.loss
            or self.duplication
            or self.reordering
            or self.fifo
            or self.links
            or self.topology is not None
            or self.bandwidth is not None
            or self.regions is not None
        )

    def latency_of(self, sender: Any, receiver: Any) -> Distribution:
        """The latency distribution of one link."""
        link = self.links.get((sender, receiver))
        if link is not None and link.latency is not None:
            return link.latency  # type: ignore[return-value]
        if self.regions is not None:
            return self.between[self.regions[sender], self.regions[receiver]]  # type: ignore[return-value]
        return self.latency  # type: ignore[return-value]

    def loss_of(self, sender: Any, receiver: Any) -> float:
        """The loss probability of one link."""
        link = self.links.get((sender, receiver))
        return self.loss if link is None or link.loss is None else link.loss

    def check(self, nodes: Collection[Any]) -> None:
        """Raise a clear error if the network names a node that does not exist, or leaves one out."""
        named = {
            "links": [node for pair in self.links for node in pair],
            "topology": [node for one, others in (self.topology or {}).items() for node in (one, *others)],
            "regions": list(self.regions or ()),
        }
        for what, ids in named.items():
            strange = [node for node in ids if node not in nodes]
            if strange:
                raise SimulationError(
                    f"Network.{what} names node {strange[0]!r}, which does not exist; "
                    f"the nodes are: {first_few(nodes)}."
                )
        for what, table in (("topology", self.topology), ("regions", self.regions)):
            missing = [node for node in nodes if table is not None and node not in table]
            if missing:
                raise SimulationError(f"Network.{what} does not mention node {missing[0]!r}.")


def _require_bandwidth(bandwidth: Any) -> None:
    if isinstance(bandwidth, bool) or not isinstance(bandwidth, int | float) or not 0 < bandwidth < inf:
        raise ValueError(f"Network.bandwidth must be more than 0 bytes per second; got {bandwidth!r}.")


def _matrix(regions: Mapping[Any, str], between: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    """Latencies in both directions, for all pairs of regions."""
    matrix: dict[tuple[str, str], Any] = {}
    for (one, other), latency in between.items():
        found = as_distribution(latency, f"Network.between[{one!r}, {other!r}]")
        matrix[one, other] = found
        if (other, one) not in between:
            matrix[other, one] = found
    present = dict.fromkeys(regions.values())
    for one in present:
        for other in present:
            if (one, other) not in matrix:
                raise ValueError(f"Network.between has no latency between {one!r} and {other!r}.")
    return matrix


def one_rack(**changes: Any) -> Network:
    """Machines in one rack: about a quarter of a millisecond one way.

    Half of the 500 us round trip within one datacentre in Jeff Dean's "numbers everyone should know" (2009).

    Parameters
    ----------
    changes
        Other arguments of :class:`Network`, or other values.

    Examples
    --------
    >>> one_rack(loss=0.01).latency.mean < one_region().latency.mean
    True
    """
    return Network(**{"latency": Shifted(0.0001, LogNormal(0.00015, 0.3)), **changes})


def one_region(**changes: Any) -> Network:
    """Three zones of one cloud region: about one millisecond one way.

    Providers promise "single-digit milliseconds" between zones (AWS, *Regions and Availability Zones*); one
    millisecond is this laboratory's choice.

    Parameters
    ----------
    changes
        Other arguments of :class:`Network`, or other values.

    Examples
    --------
    >>> round(one_region().latency.mean, 3)
    0.001
    """
    return Network(**{"latency": Shifted(0.0005, LogNormal(0.0005, 0.4)), **changes})


def three_regions(nodes: Sequence[Any], **changes: Any) -> Network:
    """Nodes spread in turn over a US east, a US west and a European region.

    One way 0.25 ms inside a region; between them 30, 40 and 70 ms, about half of the round trips that the
    speed of light in fibre (200,000 km/s) and real cable routes give; a choice of this laboratory, to be
    replaced by your own matrix.

    Parameters
    ----------
    nodes
        The ids, in the order in which they are spread.
    changes
        Other arguments of :class:`Network`, or other values.

    Examples
    --------
    >>> three_regions([1, 2, 3]).latency_of(1, 2).mean
    0.03
    """
    names = ("us-east", "us-west", "europe")
    regions = {node: names[index % 3] for index, node in enumerate(nodes)}
    local = Constant(0.00025)
    between: dict[tuple[str, str], Any] = {(name, name): local for name in names}
    between |= {("us-east", "us-west"): 0.030, ("us-east", "europe"): 0.040, ("us-west", "europe"): 0.070}
    return Network(**{"regions": regions, "between": between, **changes})
