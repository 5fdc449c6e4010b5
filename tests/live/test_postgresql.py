"""PostgreSQL is started, killed, restarted and stopped, and leaves nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from distlab import live
from distlab.live.laboratory import laboratory
from distlab.live.ports import is_free
from distlab.live.programs import program
from distlab.live.servers.postgresql import other_user, runnable_by


def _segments(creator: int) -> int:
    """The segments of System V shared memory that a process made."""
    table = Path("/proc/sysvipc/shm")
    lines = table.read_text().splitlines()[1:] if table.exists() else []
    return sum(int(line.split()[4]) == creator for line in lines)


def test_it_keeps_what_was_committed_when_it_is_killed(needs: Callable[..., None]) -> None:
    """After a kill -9 a committed row is there and an uncommitted one is not; a setting was heard."""
    needs("postgres")
    with live.postgres({"max_prepared_transactions": 7}) as server:
        with server.connect() as connection:
            connection.execute("CREATE TABLE account (id int PRIMARY KEY)")
            connection.execute("INSERT INTO account VALUES (1)")
        unfinished = server.connect()
        unfinished.execute("INSERT INTO account VALUES (2)")
        server.kill()
        assert not server.runs
        assert "does not run" in repr(server)
        unfinished.close()
        server.restart()
        with server.connect() as connection:
            assert connection.execute("SELECT id FROM account").fetchall() == [(1,)]
            assert connection.execute("SHOW max_prepared_transactions").fetchone() == ("7",)


def test_it_leaves_nothing(needs: Callable[..., None]) -> None:
    """No process, file, port or shared memory is left, though it was killed before it was stopped."""
    needs("postgres")
    with live.postgres() as server:
        server.kill()
    assert not server.folder.exists()
    assert is_free(server.port)
    assert _segments(server.pid) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_a_stranger_may_not_log_in(postgres_server: live.Postgres) -> None:
    """Other users of the machine can reach the port; they do not know the password."""
    import psycopg

    dsn = postgres_server.dsn.replace(postgres_server.password, "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dsn)


def test_programs_that_another_user_may_not_enter_are_copied(
    needs: Callable[..., None], tmp_path: Path
) -> None:
    """Root hands PostgreSQL over to another user; a directory that is closed to him is no hindrance."""
    needs("postgres")
    binaries = Path(program("postgres").path).parent
    user = other_user()
    if user is None:  # who is not root runs PostgreSQL as himself
        assert os.name != "posix" or os.geteuid() != 0
        return
    tmp_path.chmod(0o700)
    (tmp_path / "closed").symlink_to(binaries.parent)
    assert runnable_by(user, binaries) == binaries
    copied = runnable_by(user, tmp_path / "closed" / binaries.name)
    assert copied.is_relative_to(laboratory().root)
    assert runnable_by(user, copied) == copied


def test_a_wrong_setting_is_shown_with_the_log(needs: Callable[..., None]) -> None:
    """A server that does not start says why: the end of its log is in the error."""
    needs("postgres")
    with pytest.raises(live.LiveError, match=r"(?s)postgres ended with status 1.*no_such_setting"):
        live.postgres({"no_such_setting": 1})
