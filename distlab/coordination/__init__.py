"""Coordination of processes, lectures 03 to 07: each topic is a package of its own.

>>> from distlab.coordination import election
>>> election.Bully.__name__
'Bully'
"""

__all__: list[str] = []
