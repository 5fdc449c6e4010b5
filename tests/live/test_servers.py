"""Redis, ZooKeeper and etcd are started, killed, restarted and stopped, and leave nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from distlab import live
from distlab.live import programs, server
from distlab.live.ports import Ports, free_ports, is_free
from distlab.live.waiting import wait_until


def test_the_table_says_what_is_found_and_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is missing has a sentence in the table; starting it raises the same sentence."""
    found = programs._on_path
    monkeypatch.setattr(
        programs, "_on_path", lambda name: iter(()) if name == "redis-server" else found(name)
    )
    programs._look_up.cache_clear()
    try:
        row = live.available().loc["redis"]
        assert not row["found"]
        assert row["to install"].startswith("redis was not found. To install it: ")
        with pytest.raises(live.ServerNotFound) as error:
            live.redis()
        assert str(error.value) == row["to install"]
    finally:
        programs._look_up.cache_clear()


def test_a_missing_client_is_named(monkeypatch: pytest.MonkeyPatch, needs: Callable[..., None]) -> None:
    """A server without its Python client cannot be used, and the sentence says so."""
    needs("redis")
    monkeypatch.setattr(programs.importlib.util, "find_spec", lambda name: None)
    programs._look_up.cache_clear()
    try:
        with pytest.raises(live.ServerNotFound, match="The Python package 'redis' was not found"):
            live.redis()
    finally:
        programs._look_up.cache_clear()


def test_an_unknown_server_is_answered_with_the_known_ones() -> None:
    """The error lists the names."""
    with pytest.raises(ValueError, match=r"name must be one of 'sqlite', 'postgres', .*; got 'mysql'"):
        live.is_available("mysql")


def test_redis_forgets_everything_when_it_is_killed(needs: Callable[..., None]) -> None:
    """Without persistence a restarted server is empty: what lesson 07 needs."""
    needs("redis")
    with live.redis() as one:
        one.client().set("lock", "me")
        one.kill()
        one.restart()
        assert one.client().get("lock") is None
    assert not one.folder.exists()
    assert is_free(one.port)


def test_redis_with_a_log_of_commands_remembers(needs: Callable[..., None]) -> None:
    """With appendonly and appendfsync always, a killed server comes back with its keys."""
    needs("redis")
    with live.redis({"appendonly": "yes", "appendfsync": "always"}) as one:
        one.client().set("lock", "me")
        one.kill()
        one.restart()
        assert one.client().get("lock") == "me"


def test_redis_asks_strangers_for_a_password(redis_server: live.Redis) -> None:
    """Other users of the machine can reach the port; they do not know the password."""
    import redis

    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=redis_server.port).ping()


def test_a_taken_port_is_exchanged_for_another(
    needs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should somebody take a port between its choice and the start of the server, the server gets another."""
    needs("redis")
    with _taken_port() as port:
        given: Iterator[Ports | None] = iter([_FalselyFree([port]), None])
        monkeypatch.setattr(server, "free_ports", lambda count: next(given) or free_ports(count))
        with live.redis() as one:
            assert one.port != port
            assert one.client().ping()


class _FalselyFree(list[int]):
    def release(self) -> None:
        pass


@contextmanager
def _taken_port() -> Iterator[int]:
    ports = free_ports(1)
    with socket.create_server(("127.0.0.1", ports[0])):
        yield ports[0]
    ports.release()


def test_a_server_that_does_not_start_shows_its_log(needs: Callable[..., None]) -> None:
    """The error says how the server ended, and what it said last."""
    needs("redis")
    with pytest.raises(live.LiveError, match=r"(?s)redis-server ended with status 1.*Bad directive"):
        live.redis({"no-such-setting": 1})


def test_a_server_that_does_not_answer_is_given_up(needs: Callable[..., None]) -> None:
    """After the patience the error says so; the paused server is ended all the same."""
    needs("redis")
    with live.redis() as one:
        one.pause()
        with pytest.raises(live.LiveError, match="did not answer within 0"):
            one.wait_until_it_serves(0.0)
    assert is_free(one.port)


def test_zookeeper_elects_another_leader(zookeeper_ensemble: live.ZooKeeper) -> None:
    """When the leader is killed another leads; what was written is there; the killed one comes back."""
    client = zookeeper_ensemble.client()
    try:
        client.create("/written", b"before")
        old = zookeeper_ensemble.leader()
        old.kill()
        new = zookeeper_ensemble.leader()
        assert new.number != old.number
        assert client.retry(client.get, "/written")[0] == b"before"
        old.restart()
        states = [member.state() for member in zookeeper_ensemble.members]
        assert sorted(state.mode for state in states if state) == ["follower", "follower", "leader"]
        assert client.retry(client.delete, "/written")
    finally:
        client.stop()
        client.close()


def test_zookeeper_leaves_nothing(needs: Callable[..., None]) -> None:
    """No process, directory or port is left of a single server."""
    needs("zookeeper")
    with live.zookeeper(servers=1) as ensemble:
        [member] = ensemble.members
        state = member.state()
        assert state is not None
        assert state.mode == "standalone"
    assert not member.runs
    assert not member.folder.exists()
    assert [port for port in member.ports if not is_free(port)] == []


def test_etcd_elects_another_leader(etcd_cluster: live.Etcd) -> None:
    """When the leader is killed another leads in a later term; what was written is there."""
    etcd_cluster.put("written", "before")
    old = etcd_cluster.leader()
    status = old.status()
    assert status is not None
    old.kill()
    new = etcd_cluster.leader()
    later = new.status()
    assert later is not None
    assert new.number != old.number
    assert later.term > status.term
    wait_until(new.serves, 30, "The new leader does not serve")
    assert etcd_cluster.get("written") == "before"
    old.restart()
    assert old.serves()


ALL_SERVERS = """
import json, time
from distlab import live
single = {{"zookeeper": {{"servers": 1}}, "etcd": {{"members": 1}}}}
servers = []
for name in {names}:
    started = getattr(live, name)(**single.get(name, {{}}))
    servers += started.members if isinstance(started, live.Ensemble) else [started]
sessions = [server.connect() for server in servers if isinstance(server, live.Postgres)]
lab = servers[0].process.laboratory
said = {{"root": str(lab.root), "keeper": lab.keeper.pid, "pids": [server.pid for server in servers]}}
said["ports"] = [port for server in servers for port in server.ports]
print(json.dumps(said), flush=True)
time.sleep(600)
"""


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_no_server_outlives_its_laboratory(number: int) -> None:
    """Whatever is installed is started; then the laboratory goes, and no process, file or port is left."""
    names = [name for name in ("postgres", "redis", "zookeeper", "etcd") if live.is_available(name)]
    if not names:
        return
    with subprocess.Popen(
        [sys.executable, "-c", ALL_SERVERS.format(names=names)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as script:
        assert script.stdout is not None
        said = json.loads(script.stdout.readline())
        assert len(said["pids"]) == len(names)
        script.send_signal(number)
        script.wait(60)
    wait_until(lambda: not Path(said["root"]).exists(), 60, "The directory was not removed")
    wait_until(lambda: not _exists(said["keeper"]), 60, "The keeper did not end")
    assert [pid for pid in said["pids"] if _exists(pid)] == []
    assert [port for port in said["ports"] if not is_free(port)] == []
    assert said["root"] not in _all_command_lines()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _all_command_lines() -> str:
    """What runs on this machine, where the system shows it."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_bytes().decode(errors="replace"))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (lambda: live.etcd(members=0), "members must be 1 or more; got 0"),
        (lambda: live.etcd(heartbeat=0.1, election=0.2), "at least five heartbeats of 0.1 s; got 0.2"),
        (lambda: live.zookeeper(servers=0), "servers must be 1 or more; got 0"),
        (lambda: live.zookeeper(tick=0), "tick must be 0.001 s or more; got 0"),
    ],
)
def test_impossible_settings_are_refused(start: Callable[[], object], sentence: str) -> None:
    """Before anything is started, the error names the argument, the value and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        start()
