"""Leader election: who rules when nobody does.

Where things are
----------------
bully                  the highest id rules, by Garcia-Molina 1982
raft                   terms, votes and a majority, by Ongaro and Ousterhout 2014
zab                    ZooKeeper's fast leader election and new epoch, by Junqueira, Reed and Serafini 2011
chang_roberts          the largest id survives a tour of a one-way ring, 1979
hirschberg_sinclair    candidates conquer ever larger parts of a two-way ring, 1980
rings                  what the two ring elections share
mutant, *_mutants      each algorithm with one safeguard switched off at a time
scenarios              the same trouble for every algorithm
raft_experiments       the published measurements of Raft's elections

Messages are in the module of their algorithm: ``bully.Election``, ``raft.RequestVote``, ``zab.Notification``.
"""

from . import bully, chang_roberts, hirschberg_sinclair, raft, rings, zab
from .bully import Bully
from .bully_mutants import MUTANTS as _OF_BULLY
from .chang_roberts import ChangRoberts
from .hirschberg_sinclair import HirschbergSinclair
from .mutant import Mutant
from .raft import Raft
from .raft_mutants import MUTANTS as _OF_RAFT
from .ring_mutants import MUTANTS as _OF_RINGS
from .rings import RingNode, ring
from .zab import Zab
from .zab_mutants import MUTANTS as _OF_ZAB

__all__ = [
    "MUTANTS",
    "Bully",
    "ChangRoberts",
    "HirschbergSinclair",
    "Mutant",
    "Raft",
    "RingNode",
    "Zab",
    "bully",
    "chang_roberts",
    "hirschberg_sinclair",
    "raft",
    "ring",
    "rings",
    "zab",
]

MUTANTS: tuple[Mutant, ...] = (*_OF_RAFT, *_OF_BULLY, *_OF_ZAB, *_OF_RINGS)
