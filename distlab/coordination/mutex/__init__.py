"""Mutual exclusion: how nodes without shared memory take turns.

Where things are
----------------
contender             what all share: requests, the stay inside, what is recorded
centralised           a coordinator with a queue, and its standbys
lamport               everybody keeps the whole queue, 1978
ricart_agrawala       consent of all others, 1981; with dead peers skipped
roucairol_carvalho    consent that lasts until it is asked back, 1983
maekawa               consent of a quorum, 1985; the quorums are rows and columns of a grid
suzuki_kasami         a token that is asked for by everybody, 1985
raymond               a token in a tree, 1989; ``trees`` has the shapes
naimi_trehel          a token behind pointers that bend, 1987 and 1996
token_ring            a token that goes round; with dead nodes skipped and a lost token made anew
two_layer_ring        rings of neighbours, and a ring of their coordinators
mutex_mutants         each algorithm with one safeguard switched off at a time
mutex_experiments     load, idleness, rounds, crashes; ``measures`` reads the numbers from a trace

Messages are in the module of their algorithm: ``lamport.Request``, ``token_ring.Token``.

Without a remedy switched on, no algorithm here lets two in, whatever crashes, is lost, cut off, late or
stands still; but whoever waits for what was lost waits for ever. One thing is taken for granted: no message
arrives twice. The centralised algorithm, Lamport's, Ricart and Agrawala's, and Roucairol and Carvalho's
bear that, too; a token, or a lock of Maekawa's, that comes twice can let two in. The remedies are right as
long as silence means a crash.
"""

from .centralised import Centralised
from .contender import Contender
from .lamport import Lamport
from .maekawa import Maekawa, grid_quorum
from .mutex_mutants import MUTANTS
from .naimi_trehel import NaimiTrehel
from .raymond import Raymond
from .ricart_agrawala import RicartAgrawala
from .roucairol_carvalho import RoucairolCarvalho
from .suzuki_kasami import SuzukiKasami
from .token_ring import TokenRing
from .trees import mean_distance, parents_in
from .two_layer_ring import TwoLayerRing

__all__ = [
    "MUTANTS",
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
