import pytest

from distlab.metrics import bytes_sent, response_times, turnaround_times, utilisation
from distlab.reliability import Client, Peer, Server, bytes_of
from distlab.reliability.queueing import Reply, Request
from distlab.sim import Call, Constant, Crash, Network, Outage, Simulation, cluster

QUICK = Constant(0.01)


def run(calls, servers=1, faults=(), until=None, latency=0.0, **client):
    """A client whose requests take a second each at some servers."""
    nodes = {"client": Client([f"s{number}" for number in range(servers)], **client)}
    nodes |= {f"s{number}": Server(Constant(1.0)) for number in range(servers)}
    work = [Call("client", at, "ask") for at in calls]
    return Simulation(nodes, Network(latency=latency, size=bytes_of), faults, work).run(until=until)


def test_one_worker_serves_in_order_of_arrival():
    """Three requests at once, one second each: replies after 1, 2 and 3 seconds."""
    assert response_times(run([0.0, 0.0, 0.0])).tolist() == [1.0, 2.0, 3.0]


def test_two_workers_serve_two_at_once():
    """The third request waits for the first worker that is free."""
    nodes = {"client": Client(), "server": Server(Constant(1.0), workers=2)}
    calls = [Call("client", at, "ask") for at in (0.0, 0.0, 0.0)]
    trace = Simulation(nodes, Network(latency=0.0), workload=calls).run()
    assert response_times(trace).tolist() == [1.0, 1.0, 2.0]


def test_a_client_asks_its_servers_in_turn():
    """Request 1 goes to the first server, request 3 to the first again."""
    sent = run([0.0, 0.0, 0.0], servers=2).messages.query("type == 'Request'")
    assert sent["receiver"].tolist() == ["s0", "s1", "s0"]


def test_response_ends_with_the_reply_and_turnaround_with_the_last_work():
    """A write is answered after 10 ms and two messages; its rest takes 30 ms more, in one line."""
    nodes = {
        "client": Client(["server"]),
        "server": Server(QUICK, afterwards="archive"),
        "archive": Server(Constant(0.03)),
    }
    calls = [
        Call("client", at, "ask", (kind,)) for at, kind in ((0.0, "write"), (0.0, "write"), (0.5, "read"))
    ]
    trace = Simulation(nodes, Network(latency=0.002), workload=calls).run()
    assert response_times(trace).tolist() == pytest.approx([0.014, 0.024, 0.014])
    done = turnaround_times(trace, begin="submitted", end="finished")
    assert done.tolist() == pytest.approx([0.044, 0.074, 0.012])


def test_reads_and_writes_have_their_bytes():
    """A request and its reply are 2,200 bytes either way round."""
    assert bytes_sent(run([0.0, 5.0])) == 2 * 2200


def test_patience_ends_and_the_late_reply_is_ignored():
    """After 0.5 s nobody knows what became of the request, and the reply of 1 s changes nothing."""
    trace = run([0.0], patience=0.5)
    assert trace.operations[["returned", "status"]].values.tolist() == [[0.5, "unknown"]]


def test_a_reply_in_time_leaves_patience_without_effect():
    """The timer finds the request answered."""
    assert run([0.0], patience=1.5).operations["status"].tolist() == ["ok"]


def test_a_client_that_crashed_takes_no_old_reply_for_a_new_one():
    """Numbers go on after a crash: the reply to request 1 arrives while request 2 is open."""
    trace = run([0.0, 0.5], servers=2, faults=[Outage("client", 0.1, 0.2)])
    assert trace.operations["key"].tolist() == [1, 2]
    assert trace.operations["returned"].tolist()[1] == 1.5


def test_workers_survive_a_crash():
    """The hardware is the same afterwards; what was in the line is lost."""
    nodes = {"client": Client(), "server": Server(Constant(1.0), workers=2)}
    calls = [Call("client", at, "ask") for at in (0.0, 3.0, 3.0)]
    sim = Simulation(nodes, Network(latency=0.0), [Outage("server", 0.5, 2.0)], calls)
    trace = sim.run(until=10.0)
    assert trace.operations["status"].tolist() == ["unknown", "ok", "ok"]
    assert response_times(trace).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("upkeep", [0.0, 0.05])
def test_an_idle_server_is_busy_with_its_upkeep_only(upkeep):
    """5 % of each second, from the first on."""
    trace = Simulation({"server": Server(QUICK, upkeep=upkeep)}).run(until=100.5)
    assert utilisation(trace, "server") == pytest.approx(upkeep * 100 / 100.5)


def test_peers_serve_each_other():
    """The peers of a node are its servers."""
    calls = [Call(1, 0.1 * number, "ask") for number in range(1, 5)]
    trace = Simulation(cluster(Peer, 3, service=QUICK), workload=calls).run()
    assert trace.operations["status"].tolist() == ["ok"] * 4
    assert trace.messages.query("type == 'Request'")["receiver"].tolist() == [2, 3, 2, 3]


def test_a_peer_gives_up_by_itself():
    """Without another rule a silent server means the end of the request."""
    nodes = cluster(Peer, 3, service=QUICK, patience=0.1)
    trace = Simulation(nodes, faults=[Crash(2, at=0.0)], workload=[Call(1, 1.0, "ask")]).run()
    assert trace.operations[["returned", "status"]].values.tolist() == [[1.1, "unknown"]]


def test_every_message_knows_its_bytes():
    """The size is a field of the message."""
    assert [bytes_of(msg) for msg in (Request(1, "read", 7), Reply(1, 9))] == [7, 9]
