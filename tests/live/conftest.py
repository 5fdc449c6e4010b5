"""Real servers for the tests of this folder. A test is skipped only where its server is not installed."""

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
def postgres_server(needs: Callable[..., None]) -> Iterator[live.Postgres]:
    """One PostgreSQL for all tests that do not kill it."""
    needs("postgres")
    with live.postgres() as server:
        yield server
