"""The questions to a trace say no to what is wrong, yes to what is right, and name who it was."""

from typing import Any

import pytest

from distlab.coordination.lock import DurableRedis, ReadWriteClient, Store
from distlab.coordination.lock.clusters import NETWORK, redis_cluster, unlocked_cluster, zookeeper_cluster
from distlab.coordination.lock.exercises import fenced_store, readers_and_writers
from distlab.coordination.lock.promises import (
    enters_when_free,
    everybody_served,
    holders_may_write,
    inspectors_may_read,
    no_update_lost,
    one_wake_up_at_a_time,
    readers_meet,
    readers_or_one_writer,
    woken_to_enter,
)
from distlab.coordination.lock.schedules import herd, late_packet
from distlab.sim import Crash, Pause, Simulation, Trace


class Refuses(Store):
    """Lets nobody do anything."""

    def admits(self, token: int | None) -> bool:
        return False


class RefusesEqualTokens(Store):
    """Lets a holder read, and then not write."""

    def admits(self, token: int | None) -> bool:
        return token is None or token > self.highest


class WaitsForAll(ReadWriteClient):
    """Takes the read lock for itself."""

    def is_in_the_way(self, path: str) -> bool:
        return True


def guarded(guard: type[Store]) -> Trace:
    """Three clients of Redis and a store of this class."""
    nodes = redis_cluster(3, server=DurableRedis, guard=guard, fencing=True, rounds=4)
    return Simulation(nodes, NETWORK, faults=[Pause(1, 0.05, 1.0)]).run(until=3.0)


def mixed(client: type[ReadWriteClient]) -> Trace:
    """Five clients that read and write in turn."""
    nodes = zookeeper_cluster(5, client=client, rounds=8, hold=0.03, reads=0.6)
    return Simulation(nodes, NETWORK).run(until=3.0)


def test_a_store_is_useful_if_holders_may_write() -> None:
    """One that refuses all, or who has read before, is safe and of no use."""
    assert holders_may_write(guarded(Store)) is None
    assert "none of them write" in str(holders_may_write(guarded(Refuses)))
    assert "although no later token" in str(holders_may_write(guarded(RefusesEqualTokens)))


class RefusesStrangers(Store):
    """Lets nobody in who has no token."""

    def admits(self, token: int | None) -> bool:
        return token is not None and token >= self.highest


@pytest.mark.parametrize(("store", "refused"), [(Store, False), (RefusesStrangers, True)])
def test_the_inspector_of_the_exercise_is_let_in(store: type[Store], refused: bool) -> None:
    """A store that admits nobody without a token is told so; one that does is not."""
    said = inspectors_may_read(Simulation(fenced_store(2, store), NETWORK).run(until=1.0))
    assert ("the inspector, who has no token and only reads, was refused" in str(said)) is refused
    assert inspectors_may_read(guarded(store)) is None


def test_a_read_lock_is_useful_if_readers_meet() -> None:
    """Readers that wait for readers are safe and of no use."""
    assert (readers_or_one_writer(mixed(ReadWriteClient)), readers_meet(mixed(ReadWriteClient))) == (
        None,
        None,
    )
    assert readers_or_one_writer(mixed(WaitsForAll)) is None
    assert "never two of them together" in str(readers_meet(mixed(WaitsForAll)))


class WatchesTheFirstInTheWay(ReadWriteClient):
    """Safe, and all wake up together."""

    def to_wait_for(self, lower: list[str]) -> str | None:
        return next(iter([path for path in lower if self.is_in_the_way(path)]), None)


class WritersWatchTheFirst(ReadWriteClient):
    """Its readers are right."""

    def to_wait_for(self, lower: list[str]) -> str | None:
        return super().to_wait_for(lower) if self.shares else next(iter(lower), None)


class ReadersWatchReaders(ReadWriteClient):
    """As long as there is a writer before them; so they come in after readers that they could have met."""

    def to_wait_for(self, lower: list[str]) -> str | None:
        return lower[-1] if super().to_wait_for(lower) else None


@pytest.mark.parametrize(
    ("client", "herd", "late"),
    [
        (ReadWriteClient, "None", "None"),
        (WatchesTheFirstInTheWay, "wanted to read and was woken up in vain", "None"),
        (WritersWatchTheFirst, "writers were woken up together", "None"),
        (ReadersWatchReaders, "", "wanted to read and could from"),
    ],
)
def test_whom_a_reader_and_a_writer_must_watch(client: type[ReadWriteClient], herd: str, late: str) -> None:
    """The last node in the way: an earlier one makes a herd, a later one makes readers late."""
    traces = [
        Simulation(readers_and_writers(4, client), NETWORK, seed=seed).run(until=5.0) for seed in range(5)
    ]
    assert [readers_or_one_writer(trace) for trace in traces] == [None] * 5
    for promise, expected in (woken_to_enter, herd), (enters_when_free, late):
        said = [str(promise(trace)) for trace in traces]
        assert (all if expected == "None" else any)(expected in sentence for sentence in said)


def test_a_lost_update_is_named() -> None:
    """Client 1 wrote over what client 2 had written."""
    assert str(no_update_lost(late_packet(fencing=False))).startswith("client 1 wrote at t = 5.2")
    assert no_update_lost(late_packet(fencing=True)) is None


def test_a_herd_is_named() -> None:
    """Nine were woken up by the first release."""
    assert str(one_wake_up_at_a_time(herd(10, "lock"))).startswith("9 clients were woken up")
    assert one_wake_up_at_a_time(herd(10, "predecessor")) is None


@pytest.mark.parametrize(("crash", "served"), [((), True), ((Crash("redis", at=0.05),), False)])
def test_who_waits_for_ever_is_named(crash: tuple[Any, ...], served: bool) -> None:
    """With the server down for good, somebody who asked is never served."""
    nodes = redis_cluster(3, rounds=3, hold=0.05)
    said = everybody_served(Simulation(nodes, NETWORK, faults=crash).run(until=5.0))
    assert said is None if served else "never got it" in str(said)


def test_without_a_lock_two_are_in_together() -> None:
    """Both start at once."""
    trace = Simulation(unlocked_cluster(2, rounds=1, hold=0.1), NETWORK).run(until=1.0)
    assert "clients 1 and 2 both held the lock 'stock'" in str(readers_or_one_writer(trace))
