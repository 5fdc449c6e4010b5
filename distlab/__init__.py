"""A laboratory for distributed algorithms: run them, see them, count them, break them, have your own judged.

Where things are
----------------
sim             nodes, messages, timers, networks, faults as data, traces
check           properties, search for a run that violates them, minimal counterexamples, grading
coordination    election, mutex: the algorithms of lectures 03 and 04, one file each
computing       parallel: one machine, many machines (lecture 01)
communication   stack: a request on its way through four layers (lecture 00)
reliability     servers under load (lectures 02 and 28)
metrics         from a trace to numbers and tables
sweep           many runs, one table
course          the course's facts: lectures, tables, corrections, published figures, glossary
plots           from traces and tables to figures
widgets         panels to play with

Importing ``distlab`` loads none of them; import what you need: ``from distlab.sim import Simulation``.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
