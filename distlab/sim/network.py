"""The network between the nodes: how long a message takes, and whether it arrives.

A :class:`Network` is data: it can be shown, compared and used for many runs. A network with nothing but a latency is the
fast path of the simulator; loss, duplication, FIFO links, per-link settings and bandwidth take the careful one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .distributions import Constant, Distribution, LogNormal, Shifted, as_distribution

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
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a probability between 0 and 1; got {value!r}.")
    return float(value)


@dataclass(frozen=True)
class Link:
    """What is different on one link; ``None`` means "as the network says".

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


@dataclass(frozen=True)
class Network:
    """How messages travel.

    Parameters
    ----------
    latency
        One-way delay: seconds, or a distribution of seconds.
    loss, duplication, reordering
        Probabilities per message. A reordered message is held back by one more latency draw for each of ``hold`` draws,
        so that later ones overtake it.
    fifo
        If true, messages of one sender to one receiver arrive in the order in which they were sent.
    links
        ``{(sender, receiver): Link(...)}``: what is different on single links.
    topology
        ``{id: (neighbour, ...)}``: who has links to whom; default: everybody to everybody.
    bandwidth
        Bytes per second of each link, or None for no limit; messages queue behind each other on a link.
    size
        Function message -> bytes; used with ``bandwidth`` and by ``distlab.metrics``.
    regions, between
        ``{id: region}`` and ``{(region, region): latency}``: a latency matrix between regions; pairs may be given in one
        direction only.

    Raises
    ------
    ValueError
        If a probability is outside [0, 1], a latency is negative, or a region pair is missing.

    Examples
    --------
    >>> Network(latency=0.01, loss=0.1).loss
    0.1
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
        if self.bandwidth is not None and not self.bandwidth > 0:
            raise ValueError(
                f"Network.bandwidth must be more than 0 bytes per second; got {self.bandwidth!r}."
            )
        for pair, link in self.links.items():
            if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(link, Link)):
                raise ValueError(
                    f"Network.links maps (sender, receiver) to Link(...); got {pair!r}: {link!r}."
                )
        if self.regions is not None:
            matrix = {}
            for (one, other), latency in self.between.items():
                matrix[one, other] = matrix[other, one] = as_distribution(latency, f"latency {one}-{other}")
            present = dict.fromkeys(self.regions.values())
            for one in present:
                for other in present:
                    if (one, other) not in matrix:
                        raise ValueError(f"Network.between has no latency between {one!r} and {other!r}.")
            object.__setattr__(self, "between", matrix)

    @property
    def plain(self) -> bool:
        """Is there nothing but one latency for all?"""
        return (
            not (self.loss or self.duplication or self.reordering or self.fifo or self.links)
            and self.topology is None
            and self.bandwidth is None
            and self.regions is None
        )

    def latency_of(self, sender: Any, receiver: Any) -> Distribution:
        """The latency distribution of one link."""
        link = self.links.get((sender, receiver))
        if link is not None and link.latency is not None:
            return link.latency  # type: ignore[return-value]
        if self.regions is not None and sender in self.regions and receiver in self.regions:
            return self.between[self.regions[sender], self.regions[receiver]]  # type: ignore[return-value]
        return self.latency  # type: ignore[return-value]

    def loss_of(self, sender: Any, receiver: Any) -> float:
        """The loss probability of one link."""
        link = self.links.get((sender, receiver))
        return self.loss if link is None or link.loss is None else link.loss


def one_rack(**changes: Any) -> Network:
    """Machines in one rack: about a quarter of a millisecond one way (half of the 500 us round trip within one datacentre
    in Jeff Dean's "numbers everyone should know", 2009).

    >>> one_rack().latency.mean < one_region().latency.mean
    True
    """
    return Network(**{"latency": Shifted(0.0001, LogNormal(0.00015, 0.3)), **changes})


def one_region(**changes: Any) -> Network:
    """Three zones of one cloud region: about one millisecond one way. Providers promise "single-digit milliseconds"
    between zones (AWS, *Regions and Availability Zones*); one millisecond is this laboratory's choice."""
    return Network(**{"latency": Shifted(0.0005, LogNormal(0.0005, 0.4)), **changes})


def three_regions(nodes: Sequence[Any], **changes: Any) -> Network:
    """Nodes spread in turn over a US east, a US west and a European region.

    One way 0.25 ms inside a region; between them 30, 40 and 70 ms, about half of the round trips that the speed of light in
    fibre (200,000 km/s) and real cable routes give; a choice of this laboratory, to be replaced by your own matrix.

    >>> three_regions([1, 2, 3]).latency_of(1, 2).mean
    0.03
    """
    names = ("us-east", "us-west", "europe")
    regions = {node: names[index % 3] for index, node in enumerate(nodes)}
    local = Constant(0.00025)
    between: dict[tuple[str, str], Any] = {(name, name): local for name in names}
    between |= {("us-east", "us-west"): 0.030, ("us-east", "europe"): 0.040, ("us-west", "europe"): 0.070}
    return Network(**{"regions": regions, "between": between, **changes})
