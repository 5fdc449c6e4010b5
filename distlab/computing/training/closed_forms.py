"""What the schemes cost, as formulas: bytes, seconds, waiting, and how stale is too stale."""

from __future__ import annotations

from math import cos, log2, pi

from .examples import whole

__all__ = [
    "bubble_share",
    "delay_limit",
    "harmonic",
    "ring_bytes",
    "ring_seconds",
    "server_bytes",
    "server_seconds",
    "straggler_step",
    "tree_seconds",
]


def ring_bytes(n: int, size: float) -> float:
    """Bytes that each of ``n`` nodes sends in a ring all-reduce of ``size`` bytes: 2(n-1)/n size.

    >>> [ring_bytes(n, 1.0) for n in (2, 4, 8, 64)]
    [1.0, 1.5, 1.75, 1.96875]
    """
    return 2 * (whole(n, "n") - 1) / n * size


def ring_seconds(n: int, size: float, latency: float, per_byte: float) -> float:
    """Seconds of a ring all-reduce: 2(n-1) messages one after the other, each with an n-th of the bytes.

    >>> round(ring_seconds(8, 1_000_000, latency=0.0001, per_byte=1e-9), 6)
    0.00315
    """
    return 2 * (n - 1) * latency + ring_bytes(n, size) * per_byte


def tree_seconds(n: int, size: float, latency: float, per_byte: float) -> float:
    """Seconds of a tree all-reduce: 2 floor(log2 n) messages one after the other, each with all bytes.

    >>> round(tree_seconds(8, 1_000_000, latency=0.0001, per_byte=1e-9), 6)
    0.0066
    """
    return 2 * int(log2(whole(n, "n"))) * (latency + size * per_byte)


def server_bytes(n: int, size: float) -> float:
    """Bytes through a parameter server in one step, in and out together: 2 n size.

    >>> server_bytes(8, 1_000_000)
    16000000
    """
    return 2 * whole(n, "n") * size


def server_seconds(n: int, size: float, latency: float, per_byte: float) -> float:
    """Seconds from the first parameters out to the last gradient in, over one server whose card takes the
    bytes one after the other; the latency hides behind the bytes if there are enough of them.

    >>> round(server_seconds(8, 1_000_000, latency=0.0001, per_byte=1e-9), 6)
    0.016
    """
    return max(server_bytes(n, size) * per_byte, (n + 1) * size * per_byte + 2 * latency)


def bubble_share(stages: int, micro: int) -> float:
    """The share of the time that a stage of a pipeline waits: (K-1)/(M+K-1).

    >>> round(bubble_share(4, 8), 4), round(bubble_share(4, 32), 4)
    (0.2727, 0.0857)
    """
    return (whole(stages, "stages") - 1) / (whole(micro, "micro") + stages - 1)


def harmonic(n: int) -> float:
    """1 + 1/2 + ... + 1/n; 0 for n = 0.

    >>> round(harmonic(10), 3)
    2.929
    """
    return sum([1.0 / k for k in range(1, whole(n, "n", 0) + 1)])


def straggler_step(need: int, backup: int = 0) -> float:
    """The mean time until ``need`` of ``need + backup`` workers are done, each after an exponential time of
    mean 1 s: H_(need + backup) - H_backup.

    >>> round(straggler_step(100), 3), round(straggler_step(96, backup=4), 3)
    (5.187, 3.104)
    """
    return harmonic(need + whole(backup, "backup", 0)) - harmonic(backup)


def delay_limit(staleness: int) -> float:
    """The largest learning rate, as a multiple of 1 / (largest curvature), with which descent along gradients
    that are all ``staleness`` steps old still converges on a quadratic: 2 cos(t pi / (2t + 1)).

    S. A. Levin and R. M. May, "A note on difference-delay equations", Theoretical Population Biology 9
    (1976).

    >>> [round(delay_limit(t), 3) for t in (0, 1, 3, 7)]
    [2.0, 1.0, 0.445, 0.209]
    """
    t = whole(staleness, "staleness", 0)
    return 2.0 * cos(t * pi / (2 * t + 1))
