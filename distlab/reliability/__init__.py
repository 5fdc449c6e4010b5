"""Reliability: servers under load and machines that fail.

    queueing.py       clients, servers and the line in between
    waiting_lines.py  the same line as a recursion, for millions of jobs
    fan_out.py        a request that waits for many leaves; hedged requests
    shared_state.py   machines that take turns and tell each other: contention and coherency
    breakdowns.py     outages at random, for a given MTBF and MTTR
    served.py         a property: every request is answered
    scenarios.py      one server under load, searches, machines that fail: as traces

>>> from distlab.reliability import Client, Server
>>> from distlab.sim import Constant, Poisson, Simulation
>>> nodes = {"client": Client(), "server": Server(Constant(0.01))}
>>> trace = Simulation(nodes, workload=[Poisson(50.0, "ask", until=1.0, nodes=["client"])]).run()
>>> set(trace.operations.status)
{'ok'}
"""

from .breakdowns import breakdowns
from .fan_out import Leaf, NowAndThen, Root, fan_out
from .queueing import Client, Peer, Server, bytes_of
from .served import every_request_is_served
from .shared_state import Machine, Turns, share_state
from .waiting_lines import LongRun, line_waits, long_run

__all__ = [
    "Client",
    "Leaf",
    "LongRun",
    "Machine",
    "NowAndThen",
    "Peer",
    "Root",
    "Server",
    "Turns",
    "breakdowns",
    "bytes_of",
    "every_request_is_served",
    "fan_out",
    "line_waits",
    "long_run",
    "share_state",
]
