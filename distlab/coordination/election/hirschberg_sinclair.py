"""Hirschberg and Sinclair: candidates conquer ever larger parts of a two-way ring.

D. S. Hirschberg and J. B. Sinclair, *Decentralized Extrema-Finding in Circular Configurations of Processors*,
Communications of the ACM 23(11), 1980.

The rule::

    to run for election      maxnum = 1; while a candidate:
                                 send From(own id, num=0, maxnum) both ways; await both replies; double maxnum
    on From(value, num)      value > own id:  this node has lost; num += 1;
                                              num < maxnum: pass it on, else send Ok(value) back
                             value < own id:  send No(value) back; run for election if none is under way
                             value = own id:  it has been all around: lead
    on Ok(value), No(value)  value = own id:  it is a reply awaited; on No, this node has lost
                             else:            pass it on
    the leader               send Elected(own id) once around the ring

What happens when nodes or messages are lost is the same for all rings and stands in rings.py.

Cost: at most 8 n (1 + ceil(log2 n)) messages, counting every hop of From, Ok and No. For, with maxnum =
2^k, at most n / (2^(k-1) + 1) candidates are left, and each causes at most 4 * 2^k messages. n more tell
who was elected.
"""

from __future__ import annotations

from distlab.sim import NodeId, message

from .rings import CLOCKWISE, COUNTERCLOCKWISE, RingNode

__all__ = ["From", "HirschbergSinclair", "No", "Ok"]


@message
class From:
    """A candidate's id, ``num`` of at most ``maxnum`` hops from home, on its way to one side."""

    value: int | str
    side: int
    num: int
    maxnum: int


@message
class Ok:
    """Nobody on this side is larger, as far as ``maxnum`` hops reach. On its way home."""

    value: int | str
    side: int
    maxnum: int


@message
class No:
    """Somebody on this side is larger. On its way home."""

    value: int | str
    side: int


class HirschbergSinclair(RingNode):
    """A processor of Hirschberg and Sinclair's ring; parameters and roles are those of
    :class:`~distlab.coordination.election.rings.RingNode`.

    References
    ----------
    Hirschberg and Sinclair 1980.

    Examples
    --------
    >>> from distlab.coordination.election import ring
    >>> from distlab.sim import Simulation
    >>> trace = Simulation(ring(HirschbergSinclair, [3, 1, 2], heartbeat=None)).run()
    >>> trace.roles.query("role == 'leader'").node.tolist()
    [3]
    """

    sides = (CLOCKWISE, COUNTERCLOCKWISE)
    maxnum = 0  # how far this candidate asks, in hops
    replies = 0  # how many of the two Oks have come

    def run_for_election(self) -> None:
        self.maxnum = 1
        self.send_both()

    def send_both(self) -> None:
        self.replies = 0
        for side in self.sides:
            self.send(self.neighbour[side], From(self.id, side, 0, self.maxnum))

    # --- messages

    def on_from(self, msg: From, sender: NodeId) -> None:
        if msg.value == self.id:
            if self.in_the_race():
                self.win()
        elif msg.value > self.id:
            self.meet_larger(msg.value)
            num = msg.num + 1
            if num < msg.maxnum:
                self.pass_on(From(msg.value, msg.side, num, msg.maxnum), msg.value, msg.side)
            else:
                self.send(sender, Ok(msg.value, msg.side, msg.maxnum))
        else:
            self.send(sender, No(msg.value, msg.side))
            self.object_to_smaller()

    def on_ok(self, msg: Ok, sender: NodeId) -> None:
        if msg.value != self.id:
            self.pass_on(msg, msg.value, -msg.side)
        elif self.in_the_race() and msg.maxnum == self.maxnum:
            self.replies += 1
            if self.replies == 2:
                self.maxnum *= 2
                self.send_both()

    def on_no(self, msg: No, sender: NodeId) -> None:
        if msg.value != self.id:
            self.pass_on(msg, msg.value, -msg.side)
        elif self.in_the_race():
            self.lose()
