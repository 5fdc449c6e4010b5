"""Real servers for the tests of this folder. A test is skipped only where its server is not installed."""

import os
from collections.abc import Callable, Iterator

import pytest

from distlab import live
from distlab.live.programs import program


@pytest.fixture(scope="session")
def needs() -> Callable[..., None]:
    """Skip a test whose servers are not installed here, with the sentence that says what to install."""

    def need(*names: str) -> None:
        for name in names:
            try:
                program(name)
            except live.ServerNotFound as error:
                pytest.skip(str(error))

    return need


@pytest.fixture(scope="session")
def signals() -> None:
    """Skip a test that stops or kills processes by signals, where the system has none."""
    if os.name != "posix":
        pytest.skip("Windows has no signals to stop a process by.")


@pytest.fixture(scope="session")
def postgres_server(needs: Callable[..., None]) -> Iterator[live.Postgres]:
    """One PostgreSQL for all tests that do not kill it."""
    needs("postgres")
    with live.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(needs: Callable[..., None]) -> Iterator[live.Redis]:
    """One Redis for all tests that do not kill it."""
    needs("redis")
    with live.redis() as server:
        yield server


@pytest.fixture(scope="session")
def zookeeper_ensemble(needs: Callable[..., None]) -> Iterator[live.ZooKeeper]:
    """Three ZooKeeper servers for all tests that do not kill them for good."""
    needs("zookeeper")
    with live.zookeeper() as ensemble:
        yield ensemble


@pytest.fixture(scope="session")
def etcd_cluster(needs: Callable[..., None]) -> Iterator[live.Etcd]:
    """Three etcd members with short time-outs for all tests that do not kill them for good."""
    needs("etcd")
    with live.etcd(heartbeat=0.05, election=0.3) as cluster:
        yield cluster
