"""The experiments of the Raft papers, run on :class:`~distlab.coordination.election.raft.Raft` itself.

Each function is one run of one set-up and depends on its arguments only. A figure is many runs, with the
seeds 0, 1, 2, ...

======================= ================================================================================
time_without_leader     Ongaro and Ousterhout 2014, figure 16: a crashed leader is replaced on a local network
wide_area               Ongaro 2014, sections 9.4 and 9.5: a leader is elected on a wide-area network
first_term_split        Ongaro 2014, section 9.2: does the first term of an election end in a split vote?
earliest_timeout        Ongaro 2014, section 9.1: when does the first of several servers time out?
return_of_the_cut_off   Ongaro 2014, section 9.6: a server that was cut off comes back
======================= ================================================================================
"""

from __future__ import annotations

from typing import NamedTuple

from distlab.sim import Crash, Distribution, Isolate, Network, NodeId, Simulation, Uniform, cluster, stream

from .raft import AppendEntriesReply, Raft

__all__ = [
    "Return",
    "earliest_timeout",
    "first_term_split",
    "return_of_the_cut_off",
    "time_without_leader",
    "wide_area",
]

LOCAL = Network(latency=Uniform(0.002, 0.003))
DISK = Uniform(0.006, 0.009)
WIDE = Network(latency=Uniform(0.030, 0.040))


class _Incumbent(Raft):
    """A server that leads from the start, sends one heartbeat to all, and notes when all have answered."""

    def on_start(self) -> None:
        super().on_start()
        self.silent = list(self.peers)
        self.enter_term(2)
        self.lead()
        assert self.heartbeat_timer is not None
        self.heartbeat_timer.cancel()

    def on_append_entries_reply(self, msg: AppendEntriesReply, sender: NodeId) -> None:
        super().on_append_entries_reply(msg, sender)
        self.silent.remove(sender)
        if not self.silent:
            self.record("all answered", term=self.current_term)


def time_without_leader(
    timeout: Distribution | float, seed: int, servers: int = 5, patience: float = 60.0
) -> float:
    """How long a cluster is without a leader after its leader has crashed, in a local network with disks.

    The set-up is the benchmark behind figure 16. A message takes 2-3 ms, writing a vote to disk 6-9 ms;
    together they make the "broadcast time" of roughly 15 ms. The leader sends its heartbeats to all at the
    same moment. When all have answered, it crashes after a time drawn evenly from its heartbeat interval,
    which is half of the smallest time-out. The logs differ: of the four others two lack the last entry and
    cannot win.

    Measured is the time from the crash until the first of the others receives the first heartbeat of a new
    leader.

    Parameters
    ----------
    timeout
        Election time-out in seconds: a distribution or a number.
    seed
        Whole number; the run depends on it.
    servers
        Size of the cluster, the crashed leader included; every second of the others has the shorter log.
    patience
        Simulated seconds after which to give up.

    Returns
    -------
    float
        Seconds; ``inf`` if there is no new leader within ``patience``.

    References
    ----------
    Ongaro and Ousterhout 2014, section 9.3 and figure 16; Ongaro 2014, section 9.4.

    Examples
    --------
    >>> 0.075 < time_without_leader(Uniform(0.150, 0.300), seed=1) < 0.5
    True
    """
    full, short = (1, 1), (1,)
    nodes: dict[int, Raft] = {1: _Incumbent(timeout=timeout, persist=DISK, log=full)}
    for id in range(2, servers + 1):
        nodes[id] = Raft(timeout=timeout, persist=DISK, log=full if id % 2 == 0 else short)
    sim = Simulation(nodes, network=LOCAL, seed=seed, trace="outline")
    sim.run(stop_at="all answered")
    crash = sim.time + nodes[1].heartbeat * stream(seed, "crash").random()
    sim.inject(Crash(1, at=crash))
    sim.run(until=patience, stop_at="leader")
    sim.run(until=patience, stop_at="follow")
    return sim.time - crash if sim.time < patience else float("inf")


def wide_area(
    failed: int, seed: int, servers: int = 5, logs_differ: bool = False, pre_vote: bool = False
) -> float:
    """How long it takes to elect a leader in a wide-area network, when there was none.

    A message takes 30-40 ms, election time-outs are 300-600 ms, nothing else takes time. All servers start at
    time 0 as followers with fresh timers. Measured is when the first leader that stays was elected: one that
    is deposed before its second heartbeat has reached everybody does not count.

    Parameters
    ----------
    failed
        How many of the servers are down from the start.
    seed
        Whole number; the run depends on it.
    servers
        Size of the cluster.
    logs_differ
        If true, all logs have different lengths, in random order; else all are equal.
    pre_vote
        Whether the servers ask before they stand.

    Returns
    -------
    float
        Seconds since the start.

    References
    ----------
    Ongaro 2014, section 9.4 (equal logs) and 9.5 (different logs).

    Examples
    --------
    >>> 0.36 < wide_area(failed=1, seed=1) < 3.0
    True
    """
    lengths = [1] * servers
    if logs_differ:
        lengths = list(range(1, servers + 1))
        stream(seed, "logs").shuffle(lengths)
    timeout = Uniform(0.300, 0.600)
    nodes = {
        id: Raft(timeout=timeout, log=(1,) * length, pre_vote=pre_vote)
        for id, length in enumerate(lengths, start=1)
    }
    faults = [Crash(id, at=0.0) for id in range(1, failed + 1)]
    sim = Simulation(nodes, network=WIDE, faults=faults, seed=seed, trace="outline")
    sim.run(stop_at="leader")
    while True:
        elected, leader = sim.time, sim.node("leader")
        sim.run(until=elected + 0.200, stop_at="leader")  # its second heartbeat leaves after 150 ms
        if sim.time < elected + 0.200:  # another one leads
            continue
        if leader is not None and leader.role == "leader":
            return elected
        sim.run(stop_at="leader")


def first_term_split(servers: int, failed: int, latency: Distribution | float, seed: int) -> bool:
    """Whether the first term of an election ends without a leader.

    All servers that are up start at time 0 with equal logs and fresh timers; time-outs are drawn evenly from
    a range that is one second wide. The smallest time-out is so long (10 s) that nobody stands in a second
    term before the first is decided.

    Parameters
    ----------
    servers, failed
        Size of the cluster, and how many of it are down.
    latency
        One-way delay of messages, as a share of the width of the time-out range (so here in seconds): a
        number, or a distribution.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    bool
        True if the votes were split: no candidate of the first term got a majority.

    References
    ----------
    Ongaro 2014, section 9.2: with a fixed latency l and s servers up, the probability of a split vote is
    P(Bin(s, l) >= s - floor(n/2)); the figure for varying latencies comes from a simulation.

    Examples
    --------
    >>> sum(first_term_split(5, 2, 0.2, seed) for seed in range(100))
    47
    """
    nodes = cluster(Raft, servers, timeout=Uniform(10.0, 11.0))
    faults = [Crash(id, at=0.0) for id in range(1, failed + 1)]
    sim = Simulation(nodes, network=Network(latency=latency), faults=faults, seed=seed, trace="outline")
    sim.run(until=20.0, stop_at="leader")
    leader = sim.node("leader")
    return not (isinstance(leader, Raft) and leader.current_term == 1)


def earliest_timeout(servers: int, seed: int) -> float:
    """When the first of several servers times out, as a share of the range of time-outs.

    All servers start at time 0 with fresh timers, drawn evenly from a range that is one second wide.

    Parameters
    ----------
    servers
        How many are up.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    float
        0 at the lower end of the range, 1 at the upper.

    References
    ----------
    Ongaro 2014, section 9.1: the mean is 1/(s+1), and P(M_s <= t) = 1 - (1-t)^s.

    Examples
    --------
    >>> 0 <= earliest_timeout(4, seed=1) <= 1
    True
    """
    sim = Simulation(cluster(Raft, servers, timeout=Uniform(10.0, 11.0)), seed=seed, trace="outline")
    sim.run(stop_at="candidate")
    return sim.time - 10.0


class Return(NamedTuple):
    """What a returning server does: term and leader before it was cut off, and after it came back."""

    term: int
    leader: int
    term_after: int
    leader_after: int


def return_of_the_cut_off(pre_vote: bool, seed: int) -> Return:
    """A follower is cut off for a while and comes back.

    Five servers, messages take 10 ms, time-outs are 150-300 ms. One follower is cut off from 1 s to 3 s.

    Parameters
    ----------
    pre_vote
        Whether the servers use Pre-Vote.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    Return
        Term and leader at 1 s, and at 5 s. ``leader_after`` is the leader of the highest term.

    References
    ----------
    Ongaro 2014, section 9.6.

    Examples
    --------
    >>> return_of_the_cut_off(pre_vote=True, seed=1)
    Return(term=1, leader=2, term_after=1, leader_after=2)
    """
    sim = Simulation(cluster(Raft, 5, pre_vote=pre_vote), seed=seed, trace="outline")
    sim.run(until=1.0)
    leader = sim.node("leader")
    assert isinstance(leader, Raft), "five servers on a quiet network elect a leader within a second"
    term = leader.current_term
    follower = next(id for id in sim.nodes if id != leader.id)
    sim.inject(Isolate(follower, at=1.0, until=3.0))
    sim.run(until=5.0)
    after = sim.node("leader")
    assert isinstance(after, Raft), "five servers on a quiet network elect a leader within two seconds"
    return Return(term, leader.id, after.current_term, after.id)
