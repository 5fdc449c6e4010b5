"""The simulator: nodes, messages, timers, networks, faults, clocks, workloads, traces.

Where things are
----------------
node          what an algorithm may do (:class:`Node`), and the driver it talks to message
``@message``: small immutable records network       latency, loss, FIFO links, regions; distributions of
durations are in ``distributions`` faults        what goes wrong, as data; ``clock`` and ``links`` hold what
is wrong at the moment workload      what the outside world asks for, as data simulation    the heap and the
loop; ``events`` are the heap's entries besides messages, ``targets`` where they go trace         what
happened, in columns; ``tables`` as DataFrames, ``causality`` what before what, ``export`` as text contract
the rules that nodes keep, read from their code; ``arguments`` and ``mistakes`` say what is wrong freeze
the contents of a value, to compare; ``shown`` its text, the same in every process streams       random
numbers, one stream per purpose
"""

from .clock import Clock
from .distributions import Constant, Distribution, Empirical, Exponential, LogNormal, Shifted, Uniform
from .errors import ContractError, EndlessRun, SimulationError
from .faults import (
    ClockDrift,
    ClockJump,
    Crash,
    Cut,
    Equivocate,
    Fault,
    Forge,
    Heal,
    Isolate,
    LossBurst,
    Outage,
    Partition,
    Pause,
    Recover,
    Silence,
    SlowLink,
)
from .freeze import changeable, freeze
from .message import Message, handler_name, message
from .network import Link, Network, one_rack, one_region, three_regions
from .node import Driver, Node, NodeId, Operation, Timer, cluster
from .simulation import Simulation
from .streams import stream
from .trace import Event, Trace
from .workload import Arrivals, Call, Poisson, Workload

__all__ = [
    "Arrivals",
    "Call",
    "Clock",
    "ClockDrift",
    "ClockJump",
    "Constant",
    "ContractError",
    "Crash",
    "Cut",
    "Distribution",
    "Driver",
    "Empirical",
    "EndlessRun",
    "Equivocate",
    "Event",
    "Exponential",
    "Fault",
    "Forge",
    "Heal",
    "Isolate",
    "Link",
    "LogNormal",
    "LossBurst",
    "Message",
    "Network",
    "Node",
    "NodeId",
    "Operation",
    "Outage",
    "Partition",
    "Pause",
    "Poisson",
    "Recover",
    "Shifted",
    "Silence",
    "Simulation",
    "SimulationError",
    "SlowLink",
    "Timer",
    "Trace",
    "Uniform",
    "Workload",
    "changeable",
    "cluster",
    "freeze",
    "handler_name",
    "message",
    "one_rack",
    "one_region",
    "stream",
    "three_regions",
]
