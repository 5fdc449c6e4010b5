"""All locks keep the same promises, whatever service they are on."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from distlab.live.locks import KINDS, Lock, LockTimeout, PostgresAdvisoryLock, Redlock, open_lock
from distlab.live.waiting import wait_until

LEASED = ("sqlite", "postgres", "redis", "redlock")
LONG = 30.0  # seconds: no lease ends in a test that does not want it to

Opener = Callable[..., Lock]


@pytest.fixture
def opened(services: Callable[[str], Any], request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Make locks that only this test knows, and close them."""
    locks: list[Lock] = []

    def make(kind: str, lease: float = LONG, **options: Any) -> Lock:
        lock = open_lock(kind, services(kind), request.node.name.replace("/", "-"), lease, **options)
        locks.append(lock)
        return lock

    yield make
    for lock in locks:
        lock.close()


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of lock."""
    return request.param


def test_one_holder_at_a_time_and_growing_tokens(opened: Opener, kind: str) -> None:
    """The second gets the lock when the first has given it back, with a greater token."""
    lease = 4.0 if kind.startswith("zookeeper") else LONG  # a session's time-out has an upper limit
    one, two = opened(kind, lease), opened(kind, lease)
    first = one.acquire(timeout=30)
    assert one.held
    with pytest.raises(LockTimeout, match="was not to be had in time"):
        two.acquire(timeout=0.1)
    assert not two.held
    assert one.release()
    assert not one.held
    second = two.acquire(timeout=30)
    assert two.held
    if isinstance(one, Redlock):
        assert first is second is None  # it has no tokens
    else:
        assert first is not None
        assert second is not None
        assert first < second
    assert two.release()


def test_a_waiter_is_served_when_the_holder_leaves(opened: Opener, kind: str) -> None:
    """Whoever waits without a limit gets the lock as soon as it is given back."""
    lease = 4.0 if kind.startswith("zookeeper") else LONG
    one, two = opened(kind, lease), opened(kind, lease)
    one.acquire(timeout=30)
    got: list[bool] = []

    def wait_for_it() -> None:
        two.acquire()
        got.append(two.held)

    waiter = threading.Thread(target=wait_for_it)
    if kind == "sqlite":  # its connections belong to the thread that made them
        with pytest.raises(LockTimeout):
            two.acquire(timeout=0)
        one.release()
        wait_for_it()
    else:
        waiter.start()
        time.sleep(0.1)
        assert got == []
        one.release()
        waiter.join(30)
    assert got == [True]


def test_entering_again(opened: Opener, kind: str) -> None:
    """A re-entrant lock is given back by the last of as many releases; another one says no."""
    lease = 4.0 if kind.startswith("zookeeper") else LONG
    lock, other = opened(kind, lease, reentrant=True), opened(kind, lease)
    token = lock.acquire(timeout=30)
    assert lock.acquire() == token
    assert lock.release()
    assert lock.held
    with pytest.raises(LockTimeout):
        other.acquire(timeout=0.05)
    assert lock.release()
    other.acquire(timeout=30)
    with pytest.raises(RuntimeError, match=r"holds the lock .* already; make it with reentrant=True"):
        other.acquire()
    other.release()


def test_a_block_gives_the_lock_back_whatever_happens(opened: Opener, kind: str) -> None:
    """An error inside passes on, and the lock is free."""
    lease = 4.0 if kind.startswith("zookeeper") else LONG
    lock, other = opened(kind, lease), opened(kind, lease)
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    with other:
        assert other.held
    with pytest.raises(RuntimeError, match="does not hold the lock"):
        other.release()


@pytest.mark.parametrize("kind", LEASED)
def test_the_lease_ends_and_the_late_release_spares_the_next_holder(opened: Opener, kind: str) -> None:
    """After its lease another gets the lock; the first knows by its own clock, and cannot take it away."""
    one, two = opened(kind, lease=0.2), opened(kind)
    one.acquire(timeout=30)
    two.acquire(timeout=30)
    assert not one.held
    assert not one.renew()
    assert not one.release()
    assert two.held
    with pytest.raises(LockTimeout):
        one.acquire(timeout=0.05)
    assert two.release()


@pytest.mark.parametrize("kind", LEASED)
def test_a_renewed_lease_lasts(opened: Opener, kind: str) -> None:
    """Who renews keeps the lock for longer than the first lease."""
    one, two = opened(kind, lease=2.0), opened(kind)
    one.acquire(timeout=30)
    first_end = one.valid_until
    one.lease = LONG
    assert one.renew()
    assert one.valid_until > first_end
    time.sleep(max(0.0, first_end - time.monotonic()) + 0.1)
    with pytest.raises(LockTimeout):
        two.acquire(timeout=0.05)
    assert one.release()


def test_the_lease_is_counted_from_before_the_attempt(opened: Opener) -> None:
    """The service begins to count later, so the client stops first."""
    lock = opened("sqlite", lease=5.0)
    before = time.monotonic()
    lock.acquire()
    assert before + 5.0 <= lock.valid_until <= time.monotonic() + 5.0


def test_an_advisory_lock_ends_with_its_connection(opened: Opener) -> None:
    """It has no lease: a closed connection gives it back at once, and nothing else does."""
    one, two = opened("postgres-advisory"), opened("postgres-advisory")
    assert isinstance(one, PostgresAdvisoryLock)
    one.acquire(timeout=30)
    assert one.valid_until == float("inf")
    with pytest.raises(NotImplementedError, match="as long as the connection"):
        one.renew()
    one.close()
    two.acquire(timeout=30)
    assert two.held


def test_a_zookeeper_lock_ends_with_its_session(opened: Opener) -> None:
    """A client that closes its session gives up its node, and another gets the lock."""
    one, two = opened("zookeeper", 4.0), opened("zookeeper", 4.0)
    one.acquire(timeout=30)
    one.client.stop()  # type: ignore[attr-defined]  # of a session lock
    two.acquire(timeout=30)
    assert two.held
    assert not one.held


def test_redlock_needs_a_majority(needs: Callable[..., None]) -> None:
    """With three of five servers gone there is no lock, and what was set on the two is taken back."""
    from distlab import live

    needs("redis")
    servers = [live.redis() for _ in range(5)]
    try:
        lock = Redlock([server.url for server in servers], lease=LONG)
        for server in servers[:2]:
            server.kill()
        lock.acquire(timeout=30)
        assert lock.release()
        servers[2].kill()
        with pytest.raises(LockTimeout):
            lock.acquire(timeout=0.5)
        wait_until(lambda: servers[4].client().get(lock.key) is None, 30, "The key was not taken back")
        lock.close()
    finally:
        for server in servers:
            server.stop()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: open_lock("mutex", ""), r"kind must be one of 'sqlite', .*; got 'mutex'"),
        (lambda: open_lock("sqlite", ":memory:", lease=0), r"lease must be more than 0 seconds; got 0"),
        (lambda: open_lock("sqlite", ":memory:", retry=-1), r"retry must be more than 0 seconds; got -1"),
    ],
)
def test_impossible_locks_are_refused(make: Callable[[], Lock], sentence: str) -> None:
    """The error names the argument, the value and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        make()
