"""Mutual exclusion."""

from .centralised import Centralised
from .contender import Contender
from .lamport import Lamport
from .maekawa import Maekawa, grid_quorum
from .naimi_trehel import NaimiTrehel
from .raymond import Raymond
from .ricart_agrawala import RicartAgrawala
from .roucairol_carvalho import RoucairolCarvalho
from .suzuki_kasami import SuzukiKasami
from .token_ring import TokenRing
from .trees import mean_distance, parents_in
from .two_layer_ring import TwoLayerRing

__all__ = [
    "Centralised",
    "Contender",
    "Lamport",
    "Maekawa",
    "NaimiTrehel",
    "Raymond",
    "RicartAgrawala",
    "RoucairolCarvalho",
    "SuzukiKasami",
    "TokenRing",
    "TwoLayerRing",
    "grid_quorum",
    "mean_distance",
    "parents_in",
]
