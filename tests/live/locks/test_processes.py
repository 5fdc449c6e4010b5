"""Processes contend for real locks: one at a time, and fencing saves the data from a pause."""

from collections.abc import Callable
from typing import Any

import pytest

from distlab.coordination.lock import double_holders, overtaken
from distlab.live import LiveError, ZooKeeper
from distlab.live.laboratory import new_folder
from distlab.live.locks import (
    KINDS,
    Contender,
    GuardedStore,
    Refused,
    Task,
    contest,
    lock_benchmark,
    lock_herd,
    lock_losses,
    lock_pause,
    pause_past_lease,
)
from distlab.live.locks.benchmark import PAIRS, model_contest
from distlab.live.waiting import wait_until

pytestmark = pytest.mark.usefixtures("signals")

Services = Callable[[str], Any]


@pytest.mark.parametrize("kind", list(KINDS))
def test_nobody_is_inside_with_another(services: Services, kind: str) -> None:
    """No two holds overlap, every token is greater than the one before, and no sale is lost."""
    done = contest(kind, clients=3, rounds=5, lease=4.0, stock=20, where=services(kind))
    assert len(done.holds) == done.sold == 15
    assert (done.stock, done.lost) == (5, 0)
    assert double_holders(done.holds) == []
    tokens = [hold.token for hold in done.holds]
    assert tokens == ([None] * 15 if kind == "redlock" else sorted(set(tokens)))


@pytest.mark.parametrize("home", sorted(set(PAIRS.values())))
def test_the_models_pass_the_same_test(home: str) -> None:
    """The same contest on the simulator, judged by the same function."""
    holds = model_contest(home, clients=3, rounds=5, hold=0.005, think=0.0)
    assert len(holds) == 15
    assert double_holders(holds) == []


def test_a_lock_that_does_not_last_is_caught(services: Services) -> None:
    """With a lease that is shorter than the work two are inside at once: the test above can fail."""
    done = contest("sqlite", clients=2, rounds=2, hold=0.2, lease=0.02, where=services("sqlite"))
    assert double_holders(done.holds) != []


@pytest.mark.parametrize("kind", ["zookeeper", "zookeeper-predecessor"])
def test_zookeeper_serves_in_the_order_of_arrival(zookeeper_ensemble: ZooKeeper, kind: str) -> None:
    """Waiters are in a queue, so whoever came first is served first."""
    before = zookeeper_ensemble.watches()
    where = zookeeper_ensemble.addresses
    tasks = [Task(f"client {number}", kind, where, lease=4.0, until_told=True) for number in range(3)]
    clients = [Contender(task) for task in tasks]
    for waiting, client in enumerate(clients):
        client.wait_until_ready()
        client.go()
        if waiting:
            wait_until(lambda n=waiting: zookeeper_ensemble.watches() == before + n, 60, "It did not wait")
        else:
            wait_until(client.is_inside, 60, "It did not get the lock")
    for client in clients:
        wait_until(client.is_inside, 60, "It was not its turn")
        assert sum(one.is_inside() for one in clients) == 1
        client.leave()
    for client in clients:
        client.wait()
    assert overtaken([hold for client in clients for hold in client.holds()]) == 0


def test_a_paused_holder_destroys_an_update_and_fencing_saves_it(needs: Callable[..., None]) -> None:
    """On each of the four: the late write is accepted and an update is lost; with fencing it is refused."""
    needs("postgres", "redis", "zookeeper")
    rows = lock_pause()["rows"]
    assert [row["lock"] for row in rows[::2]] == ["SQLite", "PostgreSQL, row", "Redis", "ZooKeeper"]
    for careless, careful in zip(rows[::2], rows[1::2], strict=True):
        assert careless["tokens grow"] is careful["tokens grow"] is True
        assert careless["double holders"] == careful["double holders"] == 1
        assert careless["first gave back"] is careful["first gave back"] is False
        assert (careless["late write"], careless["sold"], careless["stock"]) == ("accepted", 2, 9)
        assert (careful["late write"], careful["sold"], careful["stock"]) == ("refused", 1, 9)
        assert (careless["lost updates"], careful["lost updates"]) == (1, 0)
        assert min(careless["second waited"], careful["second waited"]) > 0.5


def test_redlock_has_no_token_to_fence_with(services: Services) -> None:
    """A store that looks at tokens cannot tell who is late, and an update is lost."""
    row = pause_past_lease("redlock", fencing=True, where=services("redlock"))
    assert row["tokens grow"] is None
    assert (row["late write"], row["lost updates"], row["double holders"]) == ("accepted", 1, 1)


def test_an_advisory_lock_waits_for_the_paused_holder(services: Services) -> None:
    """Without a lease the second gets nothing for as long as the first stands still; no update is lost."""
    where = services("postgres-advisory")
    row = pause_past_lease("postgres-advisory", fencing=False, patience=0.5, where=where)
    assert row["second waited"] is None
    assert (row["sold"], row["stock"], row["lost updates"], row["double holders"]) == (1, 9, 0, 0)


@pytest.mark.parametrize("kind", ["redis", "postgres-advisory", "zookeeper"])
def test_a_killed_holder_loses_its_lock(services: Services, kind: str) -> None:
    """By its lease, by its connection or by its session: another gets the lock with a greater token."""
    where, store = services(kind), str(new_folder("store") / "store.db")
    GuardedStore(store, stock=10)
    victim = Contender(Task("victim", kind, where, lease=1.0, rounds=5, store=store, pause=True))
    heir = Contender(Task("heir", kind, where, lease=4.0, store=store, timeout=60.0))
    for client in (victim, heir):
        client.wait_until_ready()
    victim.go()
    victim.wait_until_paused()
    victim.process.kill()
    heir.go()
    heir.wait(90)
    [hold] = heir.holds()
    assert hold.ended == "released"
    assert heir.report()["sold"] == 1
    assert [hold for hold in victim.holds() if hold.ended == "released"] == []


def test_the_herd_is_as_large_as_the_closed_form_says(needs: Callable[..., None]) -> None:
    """N (n - 1) / 2 notifications if all watch the lock, n - 1 if each watches the one before it."""
    needs("zookeeper")
    rows = lock_herd(clients=5)["rows"]
    assert [row["notifications"] for row in rows] == [10, 4]
    assert [row["closed form"] for row in rows] == [10, 4]


def test_redis_loses_a_lock_by_a_late_replica_and_by_an_empty_restart(needs: Callable[..., None]) -> None:
    """Two holders after a fail-over to a replica that was cut off, and after an empty restart; else not."""
    needs("redis")
    rows = lock_losses()["rows"]
    assert [(row["second gets the lock"], row["two holders"]) for row in rows] == [
        (False, False),  # the replica is up to date
        (True, True),  # it was cut off
        (True, True),  # one of three restarts, empty
        (False, False),  # with its log
        (True, False),  # empty, after the lease
    ]


def test_the_benchmark_has_a_line_for_the_real_lock_and_one_for_its_model() -> None:
    """Both did all rounds without an overlap; there is a wait for each of them."""
    found = lock_benchmark(["sqlite"], clients=2, rounds=3)
    assert [(row["lock"], row["how"], row["locks"]) for row in found["rows"]] == [
        ("SQLite", "real", 6),
        ("SQLite", "model", 6),
    ]
    assert [row["double holders"] for row in found["rows"]] == [0, 0]
    assert [len(times) for times in found["samples"].values()] == [6, 6]


def test_a_client_that_fails_shows_what_it_printed() -> None:
    """Its traceback is in the error."""
    client = Contender(Task("lost", "redis", "redis://127.0.0.1:1/0"))
    client.go()
    with pytest.raises(LiveError, match=r"(?s)The client 'lost' failed:.*(ConnectionError|No module named)"):
        client.wait()


def test_the_store_refuses_old_tokens_in_reads_and_writes() -> None:
    """What comes with a lower token than it has seen is refused; without a token nothing is looked at."""
    store = GuardedStore(new_folder("store") / "store.db", stock=10, fencing=True)
    seen = store.read("old", 33)
    assert store.read("new", 34) == seen
    with pytest.raises(Refused, match="The token 33 of 'old' is older than 34"):
        store.read("old", 33)
    with pytest.raises(Refused):
        store.write("old", 9, seen, 33)
    store.write("nobody", 5, seen)
    store.write("new", 8, seen, 34)
    assert store.value() == 8
    assert [(write.accepted, write.lost) for write in store.writes()] == [
        (False, False),
        (True, False),
        (True, True),
    ]
