"""Each safeguard is needed: without it, a search finds what it is there to prevent."""

import pytest

from distlab.coordination.lock import ZooKeeperClient, holds_of
from distlab.coordination.lock.clusters import NETWORK, zookeeper_cluster
from distlab.coordination.lock.lock_mutants import BY_LEASE, MUTANTS, LockMutant, TakesEveryAnswer
from distlab.coordination.lock.zookeeper import Delete
from distlab.sim import Call, LossBurst, Pause, Simulation

from .searches import FAULTS, PROMISES, search

RUNS = 1500


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.kind.__name__)
def test_each_safeguard_is_needed(mutant: LockMutant) -> None:
    """The mutant is caught with a counterexample; its sound class passes the same runs."""
    promise, faults = PROMISES[mutant.breaks], FAULTS[mutant.needs]
    caught = search(mutant.build, promise, faults, RUNS, nodes=mutant.nodes)
    assert caught.verdict == "failed", str(caught)
    assert caught.counterexample is not None
    runs = caught.searches[0].counts["runs"]
    sound = search(mutant.build_sound, promise, faults, min(runs + 20, 150), nodes=mutant.nodes)
    assert sound.verdict == "passed", str(sound)


def test_mutants_say_what_they_break() -> None:
    """Each names its base, its safeguard and what breaks; no two have the same class."""
    assert {mutant.breaks for mutant in MUTANTS} == set(PROMISES)
    assert {mutant.needs for mutant in MUTANTS} == set(FAULTS)
    assert len({mutant.kind for mutant in MUTANTS}) == len(MUTANTS)
    assert all(issubclass(mutant.kind, mutant.base) for mutant in MUTANTS)


class KeepsWhatItGivesUp(ZooKeeperClient):
    """Asks for its node to be deleted, and goes on listening to what it hears of it."""

    def withdraw(self, path: str) -> None:
        self.ask(self.server, Delete(self.number(), path))


@pytest.mark.parametrize(("client", "verdict"), [(KeepsWhatItGivesUp, "failed"), (ZooKeeperClient, "passed")])
def test_who_gives_its_node_up_does_not_take_the_lock_with_it(
    client: type[ZooKeeperClient], verdict: str
) -> None:
    """A pause of nearly a session, a notification during it, and an answer that comes late."""
    report = search(
        zookeeper_cluster,
        PROMISES[BY_LEASE],
        [Pause(3, at=0.115, duration=0.416)],
        runs=1,
        seed=4588,
        client=client,
        rounds=8,
        hold=0.03,
        think=0.02,
    )
    assert report.verdict == verdict, str(report)


@pytest.mark.parametrize(("client", "served"), [(TakesEveryAnswer, [1, 1]), (ZooKeeperClient, [1, 1, 2])])
def test_two_answers_that_come_together_make_one_node(
    client: type[ZooKeeperClient], served: list[int]
) -> None:
    """A create is lost, and the service stands still while the client asks twice what there is.

    Both answers say that its node is missing. Who creates one for each deletes only one of them, and the
    other is in everybody's way for as long as the session lives.
    """
    sim = Simulation(
        zookeeper_cluster(2, client=client, hold=0.05, session_timeout=2.0),
        NETWORK,
        [LossBurst(1.0, at=0.1, until=0.15), Pause("zookeeper", at=0.2, duration=0.4)],
        [Call(1, 0.0, "request"), Call(1, 0.12, "request"), Call(2, 1.0, "request")],
    )
    assert [hold.client for hold in holds_of(sim.run(until=3.0))] == served
