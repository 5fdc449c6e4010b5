"""One service for each kind of lock, for all tests of this folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from distlab import live
from distlab.live.locks import KINDS, service

SHARED = {"postgres": "postgres_server", "redis": "redis_server", "zookeeper": "zookeeper_ensemble"}


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest, needs: Callable[..., None]) -> Iterator[Callable[[str], Any]]:
    """Where a kind of lock finds its service; started by the first test that asks."""
    with ExitStack() as running:
        known: dict[str, Any] = {}

        def find(kind: str) -> Any:
            needs(KINDS[kind].needs)
            if kind in ("sqlite", "redlock"):
                if kind not in known:
                    known[kind] = running.enter_context(service(kind))
                return known[kind]
            server = request.getfixturevalue(SHARED[KINDS[kind].needs])
            if isinstance(server, live.Postgres):
                return server.dsn
            return server.url if isinstance(server, live.Redis) else server.addresses

        yield find
