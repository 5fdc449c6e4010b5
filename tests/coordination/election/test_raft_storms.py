"""Raft, and Raft with one safeguard off, in storms: crashes, cuts, slow, lost, doubled and late messages."""

from collections.abc import Iterator

import pytest

from distlab.coordination.election.mutant import Mutant
from distlab.coordination.election.raft import Raft
from distlab.coordination.election.raft_mutants import MUTANTS, up_to_date_leader
from distlab.sim import (
    Fault,
    Isolate,
    LossBurst,
    Network,
    NodeId,
    Outage,
    Simulation,
    SlowLink,
    Uniform,
    cluster,
    stream,
)

NETWORK = Network(latency=Uniform(0.001, 0.010), duplication=0.15, reordering=0.10)
STORM_ENDS = 4.0
QUIET_ENDS = 8.0


def faults(seed: int, n: int) -> Iterator[Fault]:
    """Slow and lost messages, crashes that last an instant or a while, cut-off servers; all for a time."""
    rng = stream(seed, "storm")
    yield SlowLink(None, None, at=0.0, until=STORM_ENDS, factor=20.0)
    yield LossBurst(0.05, at=0.0, until=STORM_ENDS)
    for _ in range(1 + seed % 10):
        at, victim = rng.uniform(0.0, 3.0), rng.randrange(1, n + 1)
        if rng.random() < 0.8:
            yield Outage(victim, at=at, until=at + rng.choice([0.001, 0.01, 0.3]))
        else:
            yield Isolate(victim, at=at, until=at + rng.uniform(0.1, 1.0))


def storm(nodes: dict[NodeId, Raft], seed: int) -> Simulation:
    """A simulation of these nodes in one storm."""
    return Simulation(nodes, network=NETWORK, faults=faults(seed, len(nodes)), seed=seed, trace="outline")


def terms_won_twice(sim: Simulation) -> list[int]:
    """The terms that have two leaders."""
    roles = sim.trace.roles
    won = roles[roles.role == "leader"].groupby("term").node.nunique()
    return list(won[won > 1].index)


def violation(breaks: str, nodes: dict[NodeId, Raft], seed: int) -> bool:
    """Whether one run breaks what the mutants of this kind break."""
    sim = storm(nodes, seed)
    if breaks == "up-to-date leader":
        sim.run(until=STORM_ENDS, stop_at="leader")
        return up_to_date_leader(sim.nodes) is not None
    if breaks == "one leader per term":
        sim.run(until=STORM_ENDS)
        return terms_won_twice(sim) != []
    assert breaks == "a leader once faults stop"
    sim.run(until=QUIET_ENDS)
    return not any(node.role == "leader" for node in sim.nodes.values())


@pytest.mark.parametrize("pre_vote", [False, True])
@pytest.mark.parametrize("n", [3, 4, 5])
def test_raft_is_safe_and_live_in_storms(n: int, pre_vote: bool) -> None:
    """Never two leaders in one term, nobody votes twice in a term, and one leader when the storm is over."""
    for seed in range(100):
        sim = storm(cluster(Raft, n, pre_vote=pre_vote), seed)
        trace = sim.run(until=QUIET_ENDS)
        assert terms_won_twice(sim) == [], f"seed {seed}"
        votes = trace.records[trace.records.event == "vote"]
        assert (votes.groupby(["node", "term"]).candidate.nunique() == 1).all(), f"seed {seed}"
        assert [node.role for node in sim.nodes.values()].count("leader") == 1, f"seed {seed}"


def test_a_leader_has_more_than_half_of_the_votes() -> None:
    """Each leader of a storm has the recorded votes of a majority in its term."""
    for seed in range(30):
        trace = storm(cluster(Raft, 5), seed).run(until=STORM_ENDS)
        votes = trace.records[trace.records.event == "vote"]
        for leader in trace.roles[trace.roles.role == "leader"].itertuples():
            given = votes[(votes.term == leader.term) & (votes.candidate == leader.node)]
            assert given.node.nunique() > 2, f"seed {seed}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_each_safeguard_is_needed(mutant: Mutant) -> None:
    """Without it some storm breaks what the mutant's record says; with it none of the same storms does."""
    caught = next((seed for seed in range(2000) if violation(mutant.breaks, mutant.build(), seed)), None)
    assert caught is not None
    assert not any(violation(mutant.breaks, mutant.build_sound(), seed) for seed in range(caught + 1)[-100:])


def test_mutants_differ_from_raft_in_one_thing() -> None:
    """Each replaces one method, or what is stable, and nothing else."""
    for mutant in MUTANTS:
        own = [name for name in vars(mutant.kind) if not name.startswith("_")]
        assert len(own) == 1, mutant.name
        assert hasattr(Raft, own[0])
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
