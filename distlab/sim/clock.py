"""A node's own clock, when it is not perfect."""

from __future__ import annotations

__all__ = ["Clock"]


class Clock:
    """Reads ``offset + rate * real time``, where a drift changes the rate from now on.

    A jump moves what the clock reads, as when an administrator or NTP sets it; it does not touch running
    timers, which count elapsed time. A drift changes both: a clock at rate 1.01 fires a timer of 1 s after
    1 / 1.01 s. A timer keeps the rate that it was started with.

    >>> clock = Clock()
    >>> clock.drift(2.0, at=10.0); clock.read(11.0)
    12.0
    >>> clock.jump(100.0); clock.read(11.0)
    112.0
    >>> clock.real(1.0)
    0.5
    """

    def __init__(self) -> None:
        self.rate = 1.0
        self._real = 0.0
        self._local = 0.0

    def read(self, time: float) -> float:
        """What the clock shows at the real ``time``, both in seconds."""
        return self._local + (time - self._real) * self.rate

    def real(self, delay: float) -> float:
        """How many real seconds pass while the clock counts ``delay`` seconds."""
        return delay / self.rate

    def jump(self, by: float) -> None:
        """Move the clock by some seconds, forwards or backwards."""
        self._local += by

    def drift(self, rate: float, at: float) -> None:
        """From the real time ``at`` on, run at ``rate`` clock seconds per real second."""
        self._local = self.read(at)
        self._real = at
        self.rate = rate
