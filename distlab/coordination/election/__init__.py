"""Leader election."""

from .bully import Bully
from .chang_roberts import ChangRoberts
from .hirschberg_sinclair import HirschbergSinclair
from .raft import Raft
from .rings import RingNode, ring

__all__ = ["Bully", "ChangRoberts", "HirschbergSinclair", "Raft", "RingNode", "ring"]
