"""A small stack of four layers, and the trace of a request that goes through it (lecture 00).

    slots.py       resources: a request waits for a slot
    rpc.py         communication: a remote call with time-out and retry
    computing.py   computing: the server works on it
    storage.py     storage: a primary with copies and a quorum keeps the result
    assembly.py    the four together: nodes, network, runs
    spans.py       where the time went: spans, and the path that the response waited for
    diagnosis.py   which layer is to blame? judges an answer by incidents
    promise.py     what must always hold: nothing is stored twice, nothing answered is missing

>>> from distlab.communication import stack
>>> trace = stack.one_request()
>>> stack.layers(trace).sum(axis=1).round(6).tolist()
[0.024]
"""

from .assembly import network, nodes, one_request, serve, sized, store_ids
from .computing import Server
from .diagnosis import misdiagnosed
from .promise import stored_once
from .rpc import Caller, Request, Response
from .slots import Front
from .spans import LAYERS, layers, spans
from .storage import Ack, Append, Primary, Replica, Write, Written

__all__ = [
    "LAYERS",
    "Ack",
    "Append",
    "Caller",
    "Front",
    "Primary",
    "Replica",
    "Request",
    "Response",
    "Server",
    "Write",
    "Written",
    "layers",
    "misdiagnosed",
    "network",
    "nodes",
    "one_request",
    "serve",
    "sized",
    "spans",
    "store_ids",
    "stored_once",
]
