"""PBFT: counts, thresholds, the view change, liars, and every safeguard."""

from typing import Any

import pytest

from distlab.check import FaultBudget, StateMachineSafety
from distlab.coordination.consensus import (
    PBFT_MUTANTS,
    ByHand,
    EquivocatingPrimary,
    LyingReplica,
    Pbft,
    PbftClient,
    SilentPrimary,
    WrongDigestPrimary,
    applied,
    diverging_replicas,
    pbft_beside_formula,
    pbft_cluster,
    pbft_message_count,
    primary_crashes,
    three_replicas,
)
from distlab.coordination.consensus.pbft_messages import (
    Checkpoint,
    Commit,
    NewView,
    Prepare,
    Prepared,
    PrePrepare,
    Request,
    ViewChange,
    digest,
)
from distlab.course import compare
from distlab.sim import (
    Constant,
    Crash,
    Exponential,
    LossBurst,
    Network,
    Outage,
    Partition,
    Simulation,
    Uniform,
)

from .searches import CALM, pbft, replicated, runs

NETWORK = Network(latency=Uniform(0.005, 0.015))


# --- what it costs


def test_the_published_counts() -> None:
    """PBFT-1: 29, 92 and 191 messages for one request among 4, 7 and 10 replicas."""
    table = pbft_beside_formula([4, 7, 10])
    counts = {
        f"n={n}": measured for n, measured in zip(table.n.tolist(), table.measured.tolist(), strict=True)
    }
    assert set(compare("PBFT-1", {"messages": counts})["within tolerance"]) == {"yes"}


@pytest.mark.parametrize("n", [4, 5, 7])
def test_each_phase_has_its_count(n: int) -> None:
    """1 request, n-1 pre-prepares, (n-1)^2 prepares, n(n-1) commits, n replies."""
    row = pbft_beside_formula([n]).iloc[0]
    kinds = ("Request", "PrePrepare", "Prepare", "Commit", "Reply")
    assert [row[kind] for kind in kinds] == [1, n - 1, (n - 1) ** 2, n * (n - 1), n]
    assert row.measured == pbft_message_count(n)


def test_a_checkpoint_costs_n_times_n_minus_1() -> None:
    """After the second request, one Checkpoint from each replica to each other one."""
    nodes = pbft_cluster(4, 1, [("write", k) for k in range(4)], interval=2, window=4)
    sim = Simulation(nodes, Network(latency=Constant(0.01)))
    counts = sim.run(until=1.0).messages.type.value_counts()
    assert counts["Checkpoint"] == 2 * 12
    assert {sim.nodes[id].stable_number for id in (1, 2, 3, 4)} == {4}
    assert all(not sim.nodes[id].accepted for id in (1, 2, 3, 4))


def test_the_client_has_its_answer_after_five_delays() -> None:
    """Request, pre-prepare, prepare, commit, reply."""
    nodes = pbft_cluster(4, 1, [("write", 1)])
    operations = Simulation(nodes, Network(latency=Constant(0.01))).run(until=1.0).operations
    assert operations.returned.round(6).tolist() == [0.05]


# --- thresholds


def test_the_published_thresholds() -> None:
    """PBFT-2: one liar among four is borne, one among three is not."""
    safe = {
        "n=4, f=1": all(diverging_replicas(three_replicas(4, seed), [1]) is None for seed in range(30)),
        "n=3, f=1": diverging_replicas(three_replicas(3), [1]) is None,
    }
    assert set(compare("PBFT-2", {"safe": safe})["within tolerance"]) == {"yes"}


def test_three_replicas_carry_out_different_requests_under_one_number() -> None:
    """Each of the two honest ones has a quorum of two: itself and the liar."""
    assert diverging_replicas(three_replicas(), [1]) == (
        "number 1: replica 2 has ('a', 1, ('write', ('a', 1))), replica 3 ('b', 1, ('write', ('b', 1)))."
    )


@pytest.mark.parametrize("liar", [EquivocatingPrimary, SilentPrimary, WrongDigestPrimary, LyingReplica])
def test_a_byzantine_primary_among_four_is_borne(liar: type[Pbft]) -> None:
    """Whatever it does: one request per number, each executed once, and every client is served."""
    report = runs(pbft(commands=2, liars={1: liar}), replicated((1,)), 4, 15, CALM)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize("liars", [(1, 2), (2, 3)])
def test_two_liars_among_seven_are_borne(liars: tuple[int, ...]) -> None:
    """F = 2 of 3f+1 = 7."""
    build = pbft(7, commands=2, liars=dict.fromkeys(liars, LyingReplica))
    report = runs(build, replicated(liars), 7, 8, CALM)
    assert report.verdict == "passed", str(report)


def test_a_quorum_is_n_minus_f() -> None:
    """2f+1 of 3f+1, and any two share more than f replicas."""
    for n in range(1, 14):
        replica = Pbft(range(1, n + 1))
        assert 2 * replica.quorum() - n > replica.f
        assert replica.quorum() == (2 * replica.f + 1 if n % 3 == 1 else replica.quorum())


# --- the view change


def test_a_crashed_primary_is_replaced_and_clients_are_served() -> None:
    """The next primary goes on, with the same request under the same number."""
    for at in (0.001, 0.012, 0.022, 0.03, 0.04):
        trace = primary_crashes(at=at)
        assert trace.operations.status.tolist() == ["ok", "ok"]
        assert diverging_replicas(trace) is None
        assert [len(entries) for replica, entries in applied(trace).items() if replica != 1] == [2, 2, 2]


@pytest.mark.parametrize("n", [4, 7])
def test_a_view_change_costs_n_minus_1_squared_and_n_minus_1(n: int) -> None:
    """Each of the n-1 others says ViewChange to all; the new primary says NewView, and who came late hears it
    again.
    """
    kinds = primary_crashes(n).messages.type.value_counts()
    assert kinds["ViewChange"] == (n - 1) ** 2
    assert kinds["NewView"] == n - 1 if n == 4 else kinds["NewView"] > n - 1


def test_what_is_prepared_survives_the_view_change() -> None:
    """By hand: 2 alone has committed request a; the primary of view 1 gives it the same number."""
    run = ByHand({id: Pbft((1, 2, 3, 4)) for id in (1, 2, 3, 4)} | {"a": PbftClient((1, 2, 3, 4))})
    run.call("a", "request", ("write", 5))
    run.deliver(Request, "a", 1)
    for backup in (2, 3, 4):
        run.deliver(PrePrepare, 1, backup)
    run.deliver(Prepare, 3, 2)
    run.deliver(Prepare, 2, 3)
    run.deliver(Commit, 3, 2)
    assert run.node(2).executed == 0  # its own commit and 3's are two
    run.crash(1)
    run.waiting = [each for each in run.waiting if isinstance(each[2], ViewChange)]
    for replica in (2, 3, 4):
        run.call(replica, "change_view", 1)
    run.deliver(ViewChange, 3, 2)
    run.deliver(ViewChange, 4, 2)
    request = Request("a", 1, ("write", 5))
    assert run.node(2).accepted[1, 1] == PrePrepare(1, 1, digest(request), request)


def test_numbers_that_nobody_prepared_become_null_requests() -> None:
    """A gap below a prepared number is filled, so that what comes after it can be carried out."""
    replica = Pbft((1, 2, 3, 4))
    request = Request("a", 1, ("read",))
    found = PrePrepare(0, 3, digest(request), request)
    votes = [ViewChange(1, 1, (), (), 3), ViewChange(1, 1, (), (Prepared(found, ()),), 4)]
    assert replica.pre_prepares_of(1, votes) == (
        PrePrepare(1, 2, digest(None), None),
        PrePrepare(1, 3, digest(request), request),
    )


def test_of_two_prepared_requests_the_later_view_counts() -> None:
    """The earlier one was prepared, but not committed."""
    old, new = Request("a", 1, ("read",)), Request("b", 1, ("read",))
    proofs = [Prepared(PrePrepare(view, 1, digest(of), of), ()) for view, of in ((0, old), (2, new))]
    for order in (proofs, proofs[::-1]):
        votes = [ViewChange(3, 0, (), (proof,), place) for place, proof in enumerate(order)]
        assert Pbft((1, 2, 3, 4)).pre_prepares_of(3, votes)[0].request == new
    broken = next(mutant.kind for mutant in PBFT_MUTANTS if "earliest view" in mutant.name)
    assert broken((1, 2, 3, 4)).pre_prepares_of(3, votes)[0].request == old  # type: ignore[attr-defined]


def test_f_plus_1_view_changes_make_the_others_join() -> None:
    """One alone does not: it may be the liar."""
    run = ByHand({id: Pbft((1, 2, 3, 4)) for id in (1, 2, 3, 4)})
    run.call(4, "change_view", 5)
    run.deliver(ViewChange, 4, 3)
    assert run.node(3).view == 0
    run.call(2, "change_view", 3)
    run.deliver(ViewChange, 2, 3)
    assert (run.node(3).view, run.node(3).changing) == (3, True)


def test_who_wants_a_new_view_prepares_nothing_in_the_old_one() -> None:
    """A replica that has said what it has prepared accepts and commits nothing more there."""
    broken = next(mutant.kind for mutant in PBFT_MUTANTS if "goes on in the old view" in mutant.name)
    commits = []
    for kind in (Pbft, broken):
        run = ByHand({id: kind((1, 2, 3, 4)) for id in (1, 2, 3, 4)} | {"a": PbftClient((1, 2, 3, 4))})
        run.call("a", "request", ("write", 5))
        run.deliver(Request, "a", 1)
        for backup in (2, 3):
            run.deliver(PrePrepare, 1, backup)
        run.call(2, "change_view", 1)
        run.deliver(Prepare, 3, 2)
        commits.append(len(run.under_way(Commit)))
    assert commits == [0, 3]


def test_a_view_change_without_proof_is_ignored() -> None:
    """A claimed checkpoint needs 2f+1 signatures, a prepared request 2f prepares of different backups."""
    replica = Pbft((1, 2, 3, 4))
    request = Request("a", 1, ("read",))
    claim = PrePrepare(0, 1, digest(request), request)
    key = (0, 1, digest(request))
    two = (Prepare(*key, 2), Prepare(*key, 3))
    assert replica.is_sound(ViewChange(1, 0, (), (Prepared(claim, two),), 4))
    for prepares in ((), two[:1], (two[0], two[0]), (two[0], Prepare(*key, 1)), (two[0], Prepare(*key, "x"))):
        assert not replica.is_sound(ViewChange(1, 0, (), (Prepared(claim, prepares),), 4))
    signed = tuple(Checkpoint(10, "d", id) for id in (1, 2, 3))
    assert replica.is_sound(ViewChange(1, 10, signed, (), 4))
    assert not replica.is_sound(ViewChange(1, 10, signed[:2], (), 4))
    assert not replica.is_sound(ViewChange(1, 10, (*signed[:2], Checkpoint(10, "e", 3)), (), 4))


def test_a_new_view_must_follow_from_its_view_changes() -> None:
    """Too few, doubled ones, or other pre-prepares than they lead to, are not believed."""
    replica = Pbft((1, 2, 3, 4))
    votes = tuple(ViewChange(1, 0, (), (), id) for id in (2, 3, 4))
    request = Request("a", 1, ("read",))
    assert replica.follows(NewView(1, votes, (), 2))
    assert not replica.follows(NewView(1, votes[:2], (), 2))
    assert not replica.follows(NewView(1, (*votes[:2], votes[0]), (), 2))
    assert not replica.follows(NewView(1, votes, (PrePrepare(1, 1, digest(request), request),), 2))


# --- recovery


def test_a_replica_that_was_cut_off_fetches_the_state() -> None:
    """What it missed is behind a stable checkpoint: it takes over the state that a quorum has signed."""
    nodes = pbft_cluster(4, 1, [("write", k) for k in range(12)], interval=2, window=4)
    sim = Simulation(nodes, NETWORK, [Partition([[4]], at=0.0, until=0.4)], seed=1)
    trace = sim.run(until=3.0)
    assert 4 in trace.records.query("event == 'catch up'").node.tolist()
    assert {sim.nodes[id].state for id in (1, 2, 3, 4)} == {("a", 11)}


def test_a_crash_and_a_return_forget_nothing() -> None:
    """All replicas restart one after the other while clients write."""
    faults = [Outage(id, at=0.02 + 0.15 * id, until=0.1 + 0.15 * id) for id in (1, 2, 3, 4)]
    trace = Simulation(pbft()(4), NETWORK, faults, seed=3).run(until=6.0)
    assert trace.operations.status.tolist() == ["ok"] * 12
    assert diverging_replicas(trace) is None


def test_more_than_f_crashes_stop_it_and_break_nothing() -> None:
    """Two of four: nobody is served, nothing diverges."""
    faults = [Crash(id, at=0.0) for id in (3, 4)]
    trace = Simulation(pbft()(4), NETWORK, faults, seed=3).run(until=3.0)
    assert set(trace.operations.status) == {"unknown"}
    assert applied(trace) == {}


@pytest.mark.parametrize("liar", [None, 1, 2])
def test_pbft_is_right_under_faults_and_a_liar(liar: int | None) -> None:
    """Restarts, partitions, pauses, loss, slow links, and one replica that says what it likes."""
    liars = {} if liar is None else {liar: LyingReplica}
    faults = FaultBudget(crashes=2, until=2.0, stay_down=0)
    report = runs(pbft(commands=2, liars=liars), replicated(tuple(liars)), 4, 25, faults, seed=5)
    assert report.verdict == "passed", str(report)


@pytest.mark.parametrize(
    ("liar", "faults", "duplication", "seed"),
    [
        (2, [LossBurst(0.66, at=0.045, until=0.121), Outage("leader", at=0.351, until=1.684)], 0.0, 40656),
        (1, [LossBurst(0.46, at=0.706, until=2.0)], 0.1, 20118),
    ],
)
def test_a_view_change_that_is_only_said_again_gives_nobody_more_time(
    liar: int, faults: list[Any], duplication: float, seed: int
) -> None:
    """Two schedules of 10,000 in which a replica waited for a lost view change for ever."""
    network = Network(latency=NETWORK.latency, duplication=duplication)
    nodes = pbft(commands=3, liars={liar: LyingReplica})(4)
    trace = Simulation(nodes, network, faults, seed=seed).run(until=8.0)
    assert trace.operations.status.tolist() == ["ok"] * 6


# --- signatures


def test_liars_sign_with_their_own_name_only() -> None:
    """Every record that a liar makes itself carries its id, in messages and in proofs."""
    for seed in range(10):
        nodes = pbft_cluster(4, 2, [("write", k) for k in range(4)], liars={1: LyingReplica}, patience=0.1)
        faults = [Partition([[3]], at=0.05, until=0.6)]
        trace = Simulation(nodes, NETWORK, faults, seed=seed).run(until=3.0)
        honest = {
            each
            for event in trace.events(happened=False)
            if event.kind == "message" and event.sender != 1
            for each in records_of(event.payload)
        }
        for event in trace.events(happened=False):
            if event.kind == "message" and event.sender == 1:
                for each in records_of(event.payload):
                    signer = (1, 2, 3, 4)[each.view % 4] if isinstance(each, PrePrepare) else each.replica
                    assert signer == 1 or each in honest


def records_of(msg: Any) -> list[Any]:
    """The signed records in a message."""
    if isinstance(msg, Prepare | Commit | Checkpoint | PrePrepare):
        return [msg]
    if isinstance(msg, ViewChange):
        inside = [each for proof in msg.prepared for each in (proof.pre_prepare, *proof.prepares)]
        return [msg, *msg.proof, *inside]
    if isinstance(msg, NewView):
        return [msg, *msg.pre_prepares, *[each for vote in msg.view_changes for each in records_of(vote)]]
    return []


# --- safeguards

BY_HAND = ("takes over from the earliest view",)

#: caught on a bad network: who lies there
IN_A_STORM = {
    "executes what is only prepared": (),
    "believes any proof in a view change": (1,),
    "believes any new view": (2,),
    "trusts the primary's digest": (1,),
    "goes on in the old view while it wants a new one": (1,),
}


def search_for(mutant: Any, sound: bool = False) -> Any:
    """The search that shows what a safeguard is for."""
    kind = mutant.base if sound else mutant.kind
    classes = {"client": kind} if mutant.base is PbftClient else {"kind": kind}
    if mutant.name in IN_A_STORM:
        liars = dict.fromkeys(IN_A_STORM[mutant.name], LyingReplica)
        storm = FaultBudget(crashes=0, partitions=3, pauses=2, loss_bursts=2, until=1.0)
        network = Network(latency=Exponential(0.02), loss=0.1)
        build = pbft(commands=4, liars=liars, patience=0.06, **classes)
        return runs(build, StateMachineSafety(liars=tuple(liars)), 4, 60, storm, network, within=1.0)
    liar = LyingReplica if mutant.name in LYING else EquivocatingPrimary
    return runs(pbft(liars={1: liar}, **classes), replicated((1,)), 4, 30, CALM)


LYING = (
    "accepts two pre-prepares for one number",
    "executes as soon as it commits",
    "executes a request as often as it has a number",
    "believes the first reply",
)


@pytest.mark.parametrize(
    "mutant", [each for each in PBFT_MUTANTS if each.name not in BY_HAND], ids=lambda each: each.kind.__name__
)
def test_each_safeguard_is_needed(mutant: Any) -> None:
    """Without it the checker finds a counterexample."""
    report = search_for(mutant)
    assert report.verdict == "failed", str(report)
    assert report.counterexample is not None


def test_the_searches_find_nothing_in_the_sound_one() -> None:
    """What is found is the missing safeguard."""
    kinds = {each.name: each for each in PBFT_MUTANTS}
    for name in ("believes any new view", "takes f+1 for a quorum", "believes the first reply"):
        assert search_for(kinds[name], sound=True).verdict == "passed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"replicas": ()}, "replicas must be the ids"),
        ({"replicas": (1, 2, 3, 4), "f": 4}, "f must be a number of faulty replicas below 4; got 4"),
        (
            {"replicas": (1, 2, 3, 4), "interval": 9, "window": 3},
            "interval must be 1 or more, and at most window=3",
        ),
        ({"replicas": (1, 2, 3, 4), "patience": 0}, "patience"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValueError, match=said):
        Pbft(**arguments)
