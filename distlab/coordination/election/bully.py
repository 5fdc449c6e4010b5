"""Bully: the highest id rules.

H. Garcia-Molina, *Elections in a Distributed Computing System*, IEEE Transactions on Computers C-31(1), 1982,
with the message names of the course. It counts on bounded delays: who does not answer in time is dead.

The rule::

    to stand for election         send Election to all higher ids
                                  none is higher, or none answers for patience:  lead; Victory to lower ids
                                  one answers, but no Victory for timeout:       stand again
    on Election, from below       answer Alive; a leader adds Victory; everybody else stands for election,
                                  unless it has heard its leader within patience
    on Victory or Heartbeat       follow the sender, which is higher; a leader steps down
    a leader                      Heartbeat to all lower ids in every interval
    a follower                    no Heartbeat for timeout:  stand for election
    a node that comes back        stand for election, and so take over if it is the highest

There is no quorum. Each side of a partition elects its own highest node, so two may lead at once; when the
partition ends, the lower of the two hears the higher one's Heartbeat and steps down.

Cost, when node i of n notices that the highest, n, has crashed. Messages to the dead node count,
heartbeats do not. With m = n - i nodes above the starter::

    Election m (m + 1) / 2,    Alive m (m - 1) / 2,    Victory n - 2,    together m^2 + n - 2

at best n - 1 messages (i = n - 1), at worst n^2 - n - 1 (i = 1). In time: ``timeout`` to notice,
``patience``, and two messages.
"""

from __future__ import annotations

from math import inf

from distlab.sim import Node, NodeId, Timer, message

from .durations import seconds

__all__ = ["Alive", "Bully", "Election", "Heartbeat", "Victory"]


@message
class Election:
    """May I lead? Sent to higher ids."""


@message
class Alive:
    """No: I am higher, and alive."""


@message
class Victory:
    """I lead. Sent to lower ids."""


@message
class Heartbeat:
    """I still lead. Sent to lower ids."""


class Bully(Node):
    """A node of Garcia-Molina's Bully algorithm.

    Roles are "candidate", "leader", and "follower" with its ``leader`` (None: it has not heard of one).

    Parameters
    ----------
    patience
        Seconds to wait for an Alive before declaring victory: more than one round trip.
    heartbeat
        Seconds between a leader's heartbeats. None: no heartbeats, and nobody notices a leader's crash.
    timeout
        Seconds without a sign of the leader, or of the end of an election, before a node stands: more than
        ``patience`` and ``heartbeat``.
    starts
        Whether the node stands for election when the run begins; if not, it waits for somebody else. A node
        that comes back after a crash stands in any case.

    Raises
    ------
    ValueError
        If a duration is not more than 0, or ``timeout`` is not more than ``patience`` and ``heartbeat``.

    References
    ----------
    Garcia-Molina 1982.

    Examples
    --------
    >>> from distlab.sim import Crash, Recover, Simulation, cluster
    >>> trace = Simulation(cluster(Bully, 4), faults=[Crash(4, at=1.0), Recover(4, at=2.0)]).run(until=3.0)
    >>> trace.roles.query("role == 'leader'").node.tolist()
    [4, 3, 4]
    """

    def __init__(
        self,
        *,
        patience: float = 0.1,
        heartbeat: float | None = 0.05,
        timeout: float = 0.2,
        starts: bool = True,
    ) -> None:
        self.patience = seconds(patience, "patience")
        self.heartbeat = None if heartbeat is None else seconds(heartbeat, "heartbeat")
        self.timeout = seconds(timeout, "timeout")
        self.starts = starts
        if not timeout > max(patience, heartbeat or 0):
            raise ValueError(
                f"timeout must be more than patience={patience!r} and heartbeat={heartbeat!r}, or nodes "
                f"stand again before a leader can speak; got {timeout!r}."
            )
        self.leader: NodeId | None = None
        self.answered = False  # has a higher node answered this candidate?
        self.heard = -inf  # when its leader spoke last, on its own clock
        self.silence: Timer | None = None  # runs while it waits for others
        self.beat: Timer | None = None  # runs while it leads

    def on_start(self) -> None:
        if self.starts:
            self.stand_for_election()
        else:
            self.follow(None)

    def on_recover(self) -> None:
        self.stand_for_election()

    # --- messages

    def on_election(self, msg: Election, sender: NodeId) -> None:
        self.answer(sender)
        if self.role == "leader":
            self.send(sender, Victory())
        elif self.role != "candidate" and not self.hears_leader():
            self.stand_for_election()

    def on_alive(self, msg: Alive, sender: NodeId) -> None:
        if self.role == "candidate":
            self.give_way()

    def on_victory(self, msg: Victory, sender: NodeId) -> None:
        self.follow(sender)

    def on_heartbeat(self, msg: Heartbeat, sender: NodeId) -> None:
        self.follow(sender)

    # --- timers

    def listen(self, delay: float) -> None:
        if self.silence is None:
            self.silence = self.after(delay, self.heard_nobody)
        else:
            self.silence.reset(delay)

    def heard_nobody(self) -> None:
        if self.role == "candidate" and not self.answered:
            self.declare_victory()
        else:
            self.stand_for_election()

    def send_heartbeats(self) -> None:
        self.broadcast(Heartbeat(), to=self.lower())

    # --- rules

    def higher(self) -> list[NodeId]:
        return [peer for peer in self.peers if peer > self.id]

    def lower(self) -> list[NodeId]:
        return [peer for peer in self.peers if peer < self.id]

    def hears_leader(self) -> bool:
        """If so, the leader answers the Election itself; without this, one Election starts many others."""
        return self.heartbeat is not None and 0 <= self.now - self.heard < self.patience

    def stand_for_election(self) -> None:
        self.step_down()
        self.leader = None
        self.answered = False
        self.become("candidate")
        higher = self.higher()
        if higher:
            self.broadcast(Election(), to=higher)
            self.listen(self.patience)
        else:
            self.declare_victory()

    def answer(self, lower: NodeId) -> None:
        self.send(lower, Alive())

    def give_way(self) -> None:
        self.answered = True
        self.listen(self.timeout)

    def declare_victory(self) -> None:
        self.leader = self.id
        self.become("leader")
        self.broadcast(Victory(), to=self.lower())
        if self.silence is not None:
            self.silence.cancel()
        if self.heartbeat is not None:
            self.beat = self.every(self.heartbeat, self.send_heartbeats)

    def follow(self, leader: NodeId | None) -> None:
        self.step_down()
        if self.role != "follower" or self.leader != leader:
            self.leader = leader
            self.become("follower", leader=leader)
        if leader is not None:
            self.heard = self.now
        self.watch_leader()

    def step_down(self) -> None:
        if self.beat is not None:
            self.beat.cancel()

    def watch_leader(self) -> None:
        if self.heartbeat is not None:
            self.listen(self.timeout)
        elif self.silence is not None:
            self.silence.cancel()
