"""The same four workloads in distlab and as SimPy processes, and a bare heap loop as the yardstick.

SimPy is written as its documentation teaches: a node is a process that takes messages from its Store;
sending starts a process that waits for the latency and puts the message into the receiver's Store; a timer
is a process that can be interrupted. Both sides do the same work: the same nodes, the same messages in the
same order of sending, the same distribution of latencies, and as many timers set, reset and cancelled. What
counts as an event is a message that is delivered or a timer that fires; resets and cancelled timers are
work that nobody counts. Each function returns the number of events that it was asked for;
test_bench_kernel.py counts them.
"""

from __future__ import annotations

import random
from heapq import heappop, heappush

import simpy

from distlab.sim import Constant, Network, Node, Simulation, Uniform, cluster, message

# --- a token around a ring


@message
class Token:
    pass


class TokenNode(Node):
    def __init__(self, n):
        self.n = n

    def on_start(self):
        if self.id == 1:
            self.send(2, TOKEN)

    def on_token(self, msg, sender):
        self.send(self.id % self.n + 1, TOKEN)


TOKEN = Token()


def token_distlab(events, n=1000, trace="full"):
    """One token goes around a ring."""
    sim = Simulation(cluster(TokenNode, n, n=n), Network(latency=Constant(0.001)), trace=trace)
    sim.run(until=0.001 * events)
    return sim, events


def token_simpy(events, n=1000):
    """One token goes around a ring."""
    env = simpy.Environment()
    inbox = [simpy.Store(env) for _ in range(n)]

    def deliver(to, msg):
        yield env.timeout(0.001)
        yield inbox[to].put(msg)

    def node(id):
        while True:
            yield inbox[id].get()
            env.process(deliver((id + 1) % n, "token"))

    for id in range(n):
        env.process(node(id))
    env.process(deliver(1, "token"))
    env.run(until=0.001 * events)
    return events


# --- ping and acknowledge


@message
class Ping:
    number: int


@message
class Ack:
    number: int


class Pinger(Node):
    def __init__(self, n):
        self.n = n

    def on_start(self):
        self.send(self.id % self.n + 1, Ping(0))

    def on_ping(self, msg, sender):
        self.send(sender, Ack(msg.number))

    def on_ack(self, msg, sender):
        self.send(
            sender % self.n + 1 if sender % self.n + 1 != self.id else self.id % self.n + 1,
            Ping(msg.number + 1),
        )


def ping_distlab(events, n=100, trace="full"):
    """Every node has one ping under way, to one node after the other."""
    sim = Simulation(cluster(Pinger, n, n=n), Network(latency=Uniform(0.005, 0.015)), seed=1, trace=trace)
    sim.run(until=0.01 * events / n)
    return sim, events


def ping_simpy(events, n=100):
    """Every node has one ping under way, to one node after the other."""
    env = simpy.Environment()
    rng = random.Random(1)
    inbox = [simpy.Store(env) for _ in range(n)]

    def deliver(to, msg):
        yield env.timeout(rng.uniform(0.005, 0.015))
        yield inbox[to].put(msg)

    def node(id):
        env.process(deliver((id + 1) % n, ("ping", 0, id)))
        while True:
            kind, number, sender = yield inbox[id].get()
            if kind == "ping":
                env.process(deliver(sender, ("ack", number, id)))
            else:
                to = (sender + 1) % n
                env.process(deliver(to if to != id else (id + 1) % n, ("ping", number + 1, id)))

    for id in range(n):
        env.process(node(id))
    env.run(until=0.01 * events / n)
    return events


# --- Bully, all nodes at once


@message
class Election:
    pass


@message
class Alive:
    pass


@message
class Victory:
    pass


class BullyNode(Node):
    def on_start(self):
        self.leader = None
        self.silence = None
        self.higher = [id for id in self.peers if id > self.id]
        self.lower = [id for id in self.peers if id < self.id]
        self.broadcast(ELECTION, self.higher)
        self.silence = self.after(0.05, self.win)

    def win(self):
        self.leader = self.id
        self.broadcast(VICTORY, self.lower)

    def on_election(self, msg, sender):
        self.send(sender, ALIVE)

    def on_alive(self, msg, sender):
        self.silence.cancel()

    def on_victory(self, msg, sender):
        self.leader = sender


ELECTION, ALIVE, VICTORY = Election(), Alive(), Victory()


def bully_distlab(rounds, n=200, trace="full"):
    """All nodes stand for election at once; each round has n (n - 1) + n - 1 messages."""
    for _ in range(rounds):
        sim = Simulation(cluster(BullyNode, n), Network(latency=Uniform(0.005, 0.015)), seed=1, trace=trace)
        sim.run()
    return sim, rounds * (n * (n - 1) + n - 1)


def bully_simpy(rounds, n=200):
    """All nodes stand for election at once; each round has n (n - 1) + n - 1 messages."""
    for _ in range(rounds):
        env = simpy.Environment()
        rng = random.Random(1)
        inbox = [simpy.Store(env) for _ in range(n)]
        leader = [None] * n
        silence = [None] * n

        def deliver(to, msg, env=env, rng=rng, inbox=inbox):
            yield env.timeout(rng.uniform(0.005, 0.015))
            yield inbox[to].put(msg)

        def patience(id, env=env, leader=leader, deliver=deliver):
            try:
                yield env.timeout(0.05)
            except simpy.Interrupt:
                return
            leader[id] = id
            for lower in range(id):
                env.process(deliver(lower, ("victory", id)))

        def node(
            id, env=env, inbox=inbox, leader=leader, silence=silence, deliver=deliver, patience=patience
        ):
            for higher in range(id + 1, n):
                env.process(deliver(higher, ("election", id)))
            silence[id] = env.process(patience(id))
            while True:
                kind, sender = yield inbox[id].get()
                if kind == "election":
                    env.process(deliver(sender, ("alive", id)))
                elif kind == "alive":
                    if silence[id].is_alive:
                        silence[id].interrupt()
                else:
                    leader[id] = sender

        for id in range(n):
            env.process(node(id))
        env.run()
    return rounds * (n * (n - 1) + n - 1)


# --- heartbeats with time-outs that are reset


@message
class Heartbeat:
    term: int


class Beater(Node):
    def on_start(self):
        if self.id == 1:
            self.every(0.01, self.beat)
        else:
            self.timeout = self.after(0.15, self.suspect)

    def beat(self):
        self.broadcast(Heartbeat(1))

    def on_heartbeat(self, msg, sender):
        self.timeout.reset()

    def suspect(self):
        self.record("suspected")


def heartbeat_distlab(events, n=5, trace="full"):
    """Node 1 beats every 10 ms; each beat resets the time-outs of the others."""
    sim = Simulation(cluster(Beater, n), Network(latency=Uniform(0.002, 0.004)), seed=1, trace=trace)
    sim.run(until=0.01 * events / n)
    return sim, events


def heartbeat_simpy(events, n=5):
    """Node 1 beats every 10 ms; each beat resets the time-outs of the others."""
    env = simpy.Environment()
    rng = random.Random(1)
    inbox = [simpy.Store(env) for _ in range(n)]

    def deliver(to, msg):
        yield env.timeout(rng.uniform(0.002, 0.004))
        yield inbox[to].put(msg)

    def leader():
        while True:
            yield env.timeout(0.01)
            for to in range(1, n):
                env.process(deliver(to, ("heartbeat", 1)))

    def suspect():
        while True:
            try:
                yield env.timeout(0.15)
                return
            except simpy.Interrupt:
                pass

    def follower(id):
        timer = env.process(suspect())
        while True:
            yield inbox[id].get()
            if timer.is_alive:
                timer.interrupt()

    env.process(leader())
    for id in range(1, n):
        env.process(follower(id))
    env.run(until=0.01 * events / n)
    return events


def bare_heap(events):
    """The least that any discrete-event simulator in Python does: pop, call, push."""
    heap = [(0.0, index, None) for index in range(100)]
    serial = 100

    def handle(time, serial):
        heappush(heap, (time + 0.001, serial, None))

    for _ in range(events):
        time, _, _ = heappop(heap)
        handle(time, serial)
        serial += 1
    return events


WORKLOADS = {  # name: (in distlab, in SimPy, size of the run: events, or rounds of 39,999 events)
    "token around 1,000 nodes": (token_distlab, token_simpy, 300_000),
    "ping and acknowledge, 100 nodes": (ping_distlab, ping_simpy, 300_000),
    "Bully, 200 nodes at once": (bully_distlab, bully_simpy, 8),
    "heartbeats, 5 nodes": (heartbeat_distlab, heartbeat_simpy, 300_000),
}
