"""Machines that share state: why more of them bring less and less, and in the end less than nothing.

    each machine, in each round, does one job of one second:
        1 - contention seconds by itself, at the same time as the others;
        then it asks for the turn, which one machine holds at a time, and with it
            works contention seconds on the shared state,
            tells each peer, one after the other, and waits until that peer's copy is up to date
            (coherency seconds);
    when all have done their job, the next round begins.

With n machines a round lasts (1 - alpha) + n (alpha + beta (n - 1)) seconds, where alpha is the contention
and beta the coherency. So the throughput is that of Gunther's universal scalability law,
n / (1 + alpha (n - 1) + beta n (n - 1)); without coherency it is Amdahl's.

References
----------
G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
AFIPS 1967.
N. J. Gunther, *Guerrilla Capacity Planning*, Springer, 2007, chapter 4.
"""

from __future__ import annotations

from distlab.sim import Network, Node, NodeId, Simulation, Trace, message

__all__ = ["Machine", "Turns", "share_state"]

TURNS = "turns"


@message
class Round:
    number: int


@message
class MayI:
    pass


@message
class YourTurn:
    pass


@message
class Update:
    pass


@message
class Updated:
    pass


@message
class Done:
    pass


class Machine(Node):
    """Does one job of a second in each round; see the first lines of the module.

    Parameters
    ----------
    contention
        alpha: the share of a job that is done by one machine at a time, between 0 and 1.
    coherency
        beta: seconds to bring one peer's copy up to date, 0 or more.
    """

    def __init__(self, contention: float, coherency: float) -> None:
        self.contention = contention
        self.coherency = coherency
        self.to_tell: list[NodeId] = []

    def on_round(self, msg: Round, sender: NodeId) -> None:
        self.work(1.0 - self.contention, self.ask)

    def ask(self) -> None:
        self.send(TURNS, MayI())

    def on_your_turn(self, msg: YourTurn, sender: NodeId) -> None:
        self.to_tell = [peer for peer in self.peers if peer != TURNS]
        self.work(self.contention, self.tell_next)

    def tell_next(self) -> None:
        if self.to_tell and self.coherency > 0:
            self.send(self.to_tell.pop(0), Update())
        else:
            self.record("job")
            self.send(TURNS, Done())

    def on_update(self, msg: Update, sender: NodeId) -> None:
        self.after(self.coherency, self.send, sender, Updated())

    def on_updated(self, msg: Updated, sender: NodeId) -> None:
        self.tell_next()


class Turns(Node):
    """Gives the turn to one machine after the other, and begins the next round when all are done.

    Parameters
    ----------
    rounds
        How many rounds, 1 or more.
    """

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.round = 0
        self.done = 0
        self.waiting: list[NodeId] = []
        self.taken = False

    def on_start(self) -> None:
        self.begin()

    def begin(self) -> None:
        if self.round < self.rounds:
            self.round += 1
            self.done = 0
            self.broadcast(Round(self.round))

    def on_may_i(self, msg: MayI, sender: NodeId) -> None:
        self.waiting.append(sender)
        self.give()

    def give(self) -> None:
        if self.waiting and not self.taken:
            self.taken = True
            self.send(self.waiting.pop(0), YourTurn())

    def on_done(self, msg: Done, sender: NodeId) -> None:
        self.taken = False
        self.done += 1
        if self.done == len(self.peers):
            self.begin()
        else:
            self.give()


def share_state(n: int, contention: float, coherency: float, rounds: int = 3) -> Trace:
    """Run ``n`` machines for some rounds, over a network without delay.

    Parameters
    ----------
    n
        Machines, 1 or more.
    contention, coherency
        As for :class:`Machine`.
    rounds
        How many jobs each machine does, 1 or more.

    Returns
    -------
    Trace
        With one record "job" for each job; the machines have the ids 1..n.

    Raises
    ------
    ValueError
        If a number is outside its range.

    Examples
    --------
    >>> trace = share_state(4, contention=0.1, coherency=0.0)
    >>> round(len(trace.records) / trace.end, 3)  # 4 / (1 + 0.1 * 3)
    3.077
    """
    for name, value in (("n", n), ("rounds", rounds)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of 1 or more; got {value!r}.")
    if not 0 <= contention <= 1:
        raise ValueError(f"contention must be between 0 and 1; got {contention!r}.")
    if not coherency >= 0:
        raise ValueError(f"coherency must be 0 seconds or more; got {coherency!r}.")
    machines: dict[NodeId, Node] = {id: Machine(contention, coherency) for id in range(1, n + 1)}
    return Simulation({TURNS: Turns(rounds), **machines}, Network(latency=0.0)).run()
