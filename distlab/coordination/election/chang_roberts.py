"""Chang and Roberts: the largest id survives a tour of a one-way ring.

E. Chang and R. Roberts, *An Improved Algorithm for Decentralized Extrema-Finding in Circular
Configurations of Processes*, Communications of the ACM 22(5), 1979.

The rule::

    to start an election:       send Election(own id) to the successor
    on Election(id):            id > own id:   pass it on
                                id < own id:   discard it, and start an election if none is under way here
                                id = own id:   it has passed everybody, so it is the largest: lead
    the leader:                 send Elected(own id) once around the ring

What happens when nodes or messages are lost is the same for all rings and stands in rings.py.

Cost in Election messages, when all n nodes start at once (n more tell who was elected)::

    best 2n - 1 (ids ascend along the ring),    worst n (n + 1) / 2 (they descend)
    mean n H_n = n (1 + 1/2 + ... + 1/n) over all orders

In time: n messages one after the other, and n more to tell.
"""

from __future__ import annotations

from distlab.sim import NodeId, message

from .rings import CLOCKWISE, RingNode

__all__ = ["ChangRoberts", "Election"]


@message
class Election:
    """An id on its way around the ring."""

    id: int | str


class ChangRoberts(RingNode):
    """A process of Chang and Roberts' ring; parameters and roles are those of
    :class:`~distlab.coordination.election.rings.RingNode`.

    References
    ----------
    Chang and Roberts 1979.

    Examples
    --------
    >>> from distlab.coordination.election import ring
    >>> from distlab.sim import Simulation
    >>> trace = Simulation(ring(ChangRoberts, [3, 1, 2], heartbeat=None)).run()
    >>> trace.roles.query("role == 'leader'").node.tolist(), len(trace.messages.query("type == 'Election'"))
    ([3], 5)
    """

    def run_for_election(self) -> None:
        self.send(self.neighbour[CLOCKWISE], Election(self.id))

    def on_election(self, msg: Election, sender: NodeId) -> None:
        if msg.id == self.id:
            if self.in_the_race():
                self.win()
        elif msg.id > self.id:
            self.meet_larger(msg.id)
            self.pass_on(msg, msg.id, CLOCKWISE)
        else:
            self.object_to_smaller()
