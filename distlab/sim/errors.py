"""What can go wrong, in words: one exception per kind of mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trace import Trace

__all__ = ["ContractError", "EndlessRun", "SimulationError"]


class SimulationError(Exception):
    """Anything that a simulation refuses to do; the text says what would be right."""


class ContractError(SimulationError):
    """A node broke the rules that every algorithm in the laboratory keeps (see :class:`distlab.sim.Node`)."""


class EndlessRun(SimulationError):
    """A run used up its event budget. ``trace`` holds everything that happened so far."""

    def __init__(self, text: str, trace: Trace) -> None:
        super().__init__(text)
        self.trace = trace
