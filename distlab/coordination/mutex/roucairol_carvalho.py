"""Roucairol and Carvalho: a permission lasts until its giver asks for it back.

O. S. F. Carvalho and G. Roucairol, *On Mutual Exclusion in Computer Networks*, Communications of the ACM
26(2), 1983: Ricart and Agrawala's algorithm without the requests that repeat themselves.

The rule, where it differs from Ricart and Agrawala's::

    to request:   send Request only to those whose permission is missing
    on Reply:     the sender's permission is here, for this entry and all later ones
    to reply:     the sender's permission is gone;
                  if this node is requesting, too, ask for it again at once

Of each pair of nodes, at most one has the other's permission.

Cost: 0 to 2(n-1) messages per entry: two for each node that has entered, or has been asked for its
permission, since. A node that enters again while nobody else wants to needs none. Entries are no longer in
the order of the sequence numbers: whoever has all permissions goes first.
"""

from __future__ import annotations

from collections.abc import Sequence

from distlab.sim import NodeId

from .ricart_agrawala import Reply, RicartAgrawala

__all__ = ["RoucairolCarvalho"]


class RoucairolCarvalho(RicartAgrawala):
    """A node of Roucairol and Carvalho's algorithm.

    Parameters
    ----------
    hold
        Seconds inside the critical section, for requests that do not say it themselves.
    patience
        Seconds without a sign of life after which a peer is taken for dead: more than a round trip. None:
        never.

    References
    ----------
    Carvalho and Roucairol 1983.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(node, at, "request") for at, node in enumerate([1, 1, 1, 2, 1])]
    >>> trace = Simulation(cluster(RoucairolCarvalho, 3), workload=calls).run()
    >>> [len(trace.messages.query("@at <= sent < @at + 1")) for at in range(5)]
    [4, 0, 0, 4, 2]
    """

    def __init__(self, *, hold: float = 0.01, patience: float | None = None) -> None:
        super().__init__(hold=hold, patience=patience)
        self.permitted_by: set[NodeId] = set()

    def needed(self) -> Sequence[NodeId]:
        return [peer for peer in super().needed() if peer not in self.permitted_by]

    def on_reply(self, msg: Reply, sender: NodeId) -> None:
        if self.answers(msg):
            self.permitted_by.add(sender)
        super().on_reply(msg, sender)

    def reply(self, node: NodeId, sequence_number: int) -> None:
        self.permitted_by.discard(node)
        super().reply(node, sequence_number)
