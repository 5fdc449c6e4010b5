"""What the experiments of the lesson must show: closed forms, bounds, and the course's own numbers."""

from math import inf, isinf
from typing import Any

import pytest

from distlab import course
from distlab.coordination.lock import DatabaseClient, default_drift, double_holders, holds_of, overtaken
from distlab.coordination.lock.clusters import NETWORK, database_cluster, redis_cluster, zookeeper_cluster
from distlab.coordination.lock.lock_experiments import (
    HOMES,
    busy,
    clocks_disagree,
    clocks_drift,
    contention,
    failover_loses_the_lock,
    hair_dryers,
    holder_crashes,
    holder_pauses,
    long_work,
    requests_for_entries,
    server_crashes,
    without_lock_seconds,
)
from distlab.sim import Call, Simulation

LEASED = [name for name in HOMES if name not in ("no lock", "database")]


def test_the_hair_dryers_of_the_course() -> None:
    """Two in stock, one and two wanted: three are sold without a lock."""
    fixture = course.fixtures(7)["hair_dryers"].values
    found = hair_dryers("no lock", stock=fixture["stock"], wanted=fixture["wanted"])
    assert found == {"sold": fixture["sold_without_lock"], "oversold": 1, "refused": 0}


@pytest.mark.parametrize("home", [name for name in HOMES if name != "no lock"])
def test_no_lock_oversells_while_nothing_fails(home: str) -> None:
    """The first buyer gets one, the second wants two and finds one: one is sold."""
    assert hair_dryers(home) == {"sold": 1, "oversold": 0, "refused": 0}


@pytest.mark.parametrize("home", ["database with expiry", "Redis", "ZooKeeper", "ZooKeeper, herd"])
def test_fencing_saves_the_hair_dryers(home: str) -> None:
    """A pause past the lease sells three of two; with tokens the write that comes late is refused."""
    assert hair_dryers(home, pause=2.0) == {"sold": 3, "oversold": 1, "refused": 0}
    assert hair_dryers(home, pause=2.0, fencing=True) == {"sold": 2, "oversold": 0, "refused": 1}


@pytest.mark.parametrize("home", ["Redlock", "SETNX with a time"])
def test_locks_without_a_token_cannot_be_fenced(home: str) -> None:
    """A store that looks at tokens sees none, and refuses nothing."""
    assert hair_dryers(home, pause=2.0, fencing=True)["oversold"] == 1


def test_a_lock_without_expiry_is_stuck_for_ever() -> None:
    """Its holder has crashed and nobody deletes the row."""
    assert isinf(holder_crashes("database"))


@pytest.mark.parametrize("home", LEASED)
@pytest.mark.parametrize("ttl", [0.5, 2.0])
def test_a_lease_frees_the_lock_of_a_crashed_holder(home: str, ttl: float) -> None:
    """It takes what is left of the lease, and the next attempt of somebody who waits."""
    assert ttl - 0.2 < holder_crashes(home, ttl=ttl) < ttl + 0.1


@pytest.mark.parametrize("home", ["Redis", "ZooKeeper", "Redlock", "database with expiry"])
def test_two_hold_the_lock_exactly_if_the_pause_outlives_the_lease(home: str) -> None:
    """A pause shorter than what is left of the lease makes no double holder; a longer one does."""
    for pause, expected in (0.2, False), (0.35, False), (1.0, True), (3.0, True):
        trace = holder_pauses(home, pause, ttl=0.5)
        assert bool(double_holders(holds_of(trace))) is expected


@pytest.mark.parametrize("home", ["database with expiry", "SETNX with a time", "Redis", "Redlock"])
def test_work_longer_than_a_lease_makes_two_holders_without_any_fault(home: str) -> None:
    """Exactly if it outlasts the lease."""
    assert [long_work(home, work, ttl=0.5) for work in (0.2, 0.4, 0.6, 2.0)] == [0, 0, 1, 1]


@pytest.mark.parametrize("home", ["database", "Redis with renewal", "ZooKeeper", "ZooKeeper, herd"])
def test_a_lease_that_is_renewed_outlives_the_work(home: str) -> None:
    """So does a row that never expires; a pause still makes two holders where there is a lease."""
    assert [long_work(home, work, ttl=0.5) for work in (0.2, 0.6, 2.0)] == [0, 0, 0]
    paused = double_holders(holds_of(holder_pauses(home, pause=2.0)))
    assert bool(paused) is (home != "database")


def test_a_queue_overtakes_nobody_and_polling_does() -> None:
    """ZooKeeper serves in the order of the wishes; nobody keeps an order for clients of Redis."""
    queue, polling = busy("ZooKeeper", 10, 5.0), busy("Redis", 10, 5.0)
    assert (queue["overtaken"], round(queue["notifications"], 1)) == (0, 1.0)
    assert polling["overtaken"] > 500
    assert queue["jain"] > 0.9999 > polling["jain"]


def test_a_herd_wakes_all_waiters() -> None:
    """With ten clients that always want the lock, nearly nine are woken up for each lock."""
    assert 8.5 < busy("ZooKeeper, herd", 10, 5.0)["notifications"] <= 9.0


def test_the_disk_makes_the_table_the_slowest() -> None:
    """Throughput under contention: database below ZooKeeper below Redis."""
    rates = [busy(home, 10, 5.0)["throughput"] for home in ("database", "ZooKeeper", "Redis")]
    assert rates == sorted(rates)


@pytest.mark.parametrize("rate", [0.9, 1.0, 1.005, 1.01, 1.02, 1.05, 1.1])
def test_redlock_and_a_clock_that_drifts(rate: float) -> None:
    """The overlap is ttl (1 - 1/rate) less what was allowed for, drift and elapsed time."""
    ttl, elapsed = 10.0, 0.05  # client 1 waits for D and E as long as its patience
    expected = max(0.0, ttl * (1 - 1 / rate) - default_drift(ttl) - elapsed)
    assert clocks_drift(rate, ttl) == pytest.approx(expected, abs=0.06)
    assert (clocks_drift(rate, ttl) > 0) is (expected > 0)


def test_a_fail_over_loses_what_was_not_sent_on() -> None:
    """A crash within the lag loses the lock; one after it does not."""
    for lag in (0.01, 0.1):
        assert [failover_loses_the_lock(lag, part * lag) for part in (0.2, 0.9, 1.1, 3.0)] == [
            True,
            True,
            False,
            False,
        ]


def test_only_the_lecture_s_recipe_asks_the_clocks_of_its_clients() -> None:
    """A clock that is a second ahead takes the lock away; the other locks do not look at it."""
    assert clocks_disagree("SETNX with a time", by=1.0) == 1
    assert clocks_disagree("SETNX with a time", by=0.0) == 0
    assert [
        clocks_disagree(home, by=1.0) for home in ("database with expiry", "Redis", "Redlock", "ZooKeeper")
    ] == [
        0,
        0,
        0,
        0,
    ]


def test_one_server_down() -> None:
    """A single server is missed for as long as it is away, a replica or a majority is not."""
    found = {
        home: without_lock_seconds(server_crashes(home, down=2.0)) for home in HOMES if home != "no lock"
    }
    assert all(found[home] > 2.0 for home in ("database", "Redis", "SETNX with a time"))
    assert all(found[home] < 0.6 for home in ("Redis with a replica", "Redlock", "ZooKeeper"))


@pytest.mark.parametrize("build", [database_cluster, redis_cluster, zookeeper_cluster])
def test_re_entrance_is_counted_by_the_client(build: Any) -> None:
    """Three entries and three exits, one request to the service, and nobody else in between."""
    nodes = build(2, entries=3, hold=0.05)
    calls = [Call(client, 0.0, "request") for client in (1, 2)]
    trace = Simulation(nodes, NETWORK, workload=calls).run(until=2.0)
    holds = holds_of(trace)
    assert [hold.client for hold in holds] in ([1, 1, 1, 2, 2, 2], [2, 2, 2, 1, 1, 1])
    assert double_holders(holds) == []


@pytest.mark.parametrize(
    ("home", "requests"), [("database", 2), ("Redis", 2), ("Redlock", 10), ("ZooKeeper", 4)]
)
def test_the_service_hears_of_one_entry_only(home: str, requests: int) -> None:
    """A row is inserted and deleted; ZooKeeper: connect, create, look, delete; however often one enters."""
    assert [requests_for_entries(home, entries) for entries in (1, 2, 5)] == [requests] * 3


def test_redis_and_zookeeper_change_places_between_four_and_ten_clients() -> None:
    """The rate of a queue stays; the more clients poll, the sooner one finds the lock free."""
    (few, many), (queue_few, queue_many) = (
        [busy(home, clients, 5.0)["throughput"] for clients in (4, 10)] for home in ("Redis", "ZooKeeper")
    )
    assert few < queue_few == pytest.approx(queue_many, rel=0.02)
    assert many > queue_many


def test_without_re_entrance_a_client_waits_for_itself() -> None:
    """For ever in a table without expiry, and until the lease is over in Redis."""
    waits = {}
    for name, build in ("table", database_cluster), ("redis", redis_cluster):
        nodes = build(1, entries=2, reentrant=False, hold=0.05)
        trace = Simulation(nodes, NETWORK, workload=[Call(1, 0.0, "request")]).run(until=5.0)
        acquired = trace.records.query("event == 'acquired'").time.tolist()
        waits[name] = acquired[1] - acquired[0] if len(acquired) > 1 else inf
    assert isinf(waits["table"])
    assert 0.4 < waits["redis"] < 0.6


def test_the_same_seed_gives_the_same_run() -> None:
    """And another seed gives another one."""
    digests = [contention("Redis", 3, 1.0, seed=seed).digest() for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_order_of_holds_of_a_waiting_line() -> None:
    """In ZooKeeper, the order of the wishes is the order of the holds, whoever they come from."""
    holds = holds_of(contention("ZooKeeper", 7, 3.0, seed=5))
    assert overtaken(holds) == 0
    assert [hold.token for hold in holds] == sorted(hold.token or 0 for hold in holds)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: busy("etcd"), "home must be one of"),
        (lambda: DatabaseClient(rounds=-1), "rounds must be a whole number of 0 or more; got -1"),
        (lambda: DatabaseClient(hold=-1.0), "hold"),
        (lambda: DatabaseClient(ttl=0.0), "ttl"),
        (lambda: redis_cluster(0), "n must be a number of clients, 1 or more; got 0"),
    ],
)
def test_wrong_arguments_are_answered_by_a_sentence(make: Any, said: str) -> None:
    """It names the argument and what would be right."""
    with pytest.raises(ValueError, match=said):
        make()
