"""Distributed computing: one kind of computation per package.

    parallel   lecture 01: one machine, data parallel, task parallel; in the simulator and on real cores
    training   lecture 08: servers, rings, trees, pipelines, split layers; what is learnt, and what it costs

Import the package that you need, such as ``from distlab.computing import parallel``.
"""

__all__: list[str] = []
