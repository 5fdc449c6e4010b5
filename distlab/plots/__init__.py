"""Figures of traces and tables, in one style."""

from .counterexample import counterexample
from .space_time import space_time
from .timeline import timeline

__all__ = ["counterexample", "space_time", "timeline"]
