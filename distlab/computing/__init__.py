"""Distributed computing: one kind of computation per package.

    parallel   lecture 01: one machine, data parallel, task parallel; in the simulator and on real cores

Import the package that you need, such as ``from distlab.computing import parallel``.
"""

__all__: list[str] = []
