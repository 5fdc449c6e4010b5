"""Raymond's tree: the privilege moves along the edges of a tree, and all know in which direction it is.

K. Raymond, *A Tree-Based Algorithm for Distributed Mutual Exclusion*, ACM Transactions on Computer Systems
7(1), 1989, with the paper's names.

The rule::

    HOLDER             the neighbour in whose direction the privilege is, or self
    REQUEST_Q          the neighbours, and perhaps self, that have asked this node for the privilege
    to request:        put self into REQUEST_Q
    on REQUEST:        put the sender into REQUEST_Q
    on PRIVILEGE:      HOLDER = self
    to release:        USING = false
    after each:        ASSIGN_PRIVILEGE:  HOLDER = self, not USING, REQUEST_Q not empty:
                                          HOLDER = head of REQUEST_Q, ASKED = false;
                                          self: USING = true, enter;  else send PRIVILEGE to it
                       MAKE_REQUEST:      HOLDER != self, REQUEST_Q not empty, not ASKED:
                                          send REQUEST to HOLDER, ASKED = true

HOLDER, REQUEST_Q and ASKED are on disk. A privilege that is lost on its way is lost for good.

Cost: one request at a time, twice the distance between holder and requester in the tree: REQUEST in one
direction, PRIVILEGE in the other. If all nodes want to enter all the time, the privilege walks around the
whole tree, over each edge in both directions, with one PRIVILEGE and one REQUEST per step, and each node
enters once on the way: 4(n-1)/n messages per entry, whatever the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from distlab.sim import NodeId, message

from .contender import Contender
from .trees import parents_in

__all__ = ["Privilege", "Raymond", "Request"]


@message
class Request:
    """I, or somebody behind me, wants the privilege."""


@message
class Privilege:
    """Whoever has it may enter."""


class Raymond(Contender):
    """A node of Raymond's algorithm.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    tree
        "binary", "star" or "line" over the sorted ids, the smallest being the root; or ``{node: its parent}``
        with the parent None for the root. The root has the privilege at the beginning.

    Raises
    ------
    ValueError
        If ``tree`` is not the name of a shape or a tree over all nodes.

    References
    ----------
    Raymond 1989.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(node, at, "request") for at, node in enumerate([1, 4, 4, 3])]
    >>> trace = Simulation(cluster(Raymond, 5, tree="line"), workload=calls).run()
    >>> [len(trace.messages.query("@at <= sent < @at + 1")) for at in range(4)]
    [0, 6, 0, 2]
    """

    stable: ClassVar[tuple[str, ...]] = ("holder", "request_q", "asked")

    def __init__(self, *, hold: float = 0.01, tree: str | Mapping[NodeId, NodeId | None] = "binary") -> None:
        super().__init__(hold=hold)
        self.tree = tree
        self.holder: NodeId = None
        self.request_q: list[NodeId] = []
        self.asked = False
        self.using = False

    def on_start(self) -> None:
        super().on_start()
        parent = parents_in(self.tree, self.everybody())[self.id]
        self.holder = self.id if parent is None else parent

    def on_recover(self) -> None:
        if self.holder is None:  # it crashed before it had started
            self.on_start()
        super().on_recover()
        self.request_q = [node for node in self.request_q if node != self.id]
        self.assign_privilege()
        self.make_request()

    # --- to enter and to leave

    def acquire(self) -> None:
        self.wait()
        self.request_q.append(self.id)
        self.assign_privilege()
        self.make_request()

    def release(self) -> None:
        self.using = False
        self.assign_privilege()
        self.make_request()

    # --- messages

    def on_request(self, msg: Request, sender: NodeId) -> None:
        self.request_q.append(sender)
        self.assign_privilege()
        self.make_request()

    def on_privilege(self, msg: Privilege, sender: NodeId) -> None:
        self.holder = self.id
        self.assign_privilege()
        self.make_request()

    # --- rules

    def assign_privilege(self) -> None:
        if self.holder == self.id and self.is_free() and self.request_q:
            self.holder = self.request_q.pop(0)
            self.asked = False
            if self.holder == self.id:
                self.using = True
                self.enter()
            else:
                self.send(self.holder, Privilege())

    def make_request(self) -> None:
        if self.holder != self.id and self.request_q and not self.asked:
            self.send(self.holder, Request())
            self.asked = True

    def is_free(self) -> bool:
        return not self.using
