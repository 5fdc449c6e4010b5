"""What lesson 03 counts: closed forms, published figures, and what one fault does."""

from math import inf, isnan

import pytest

from distlab import course
from distlab.coordination.mutex import mutex_experiments, outages, published_counts
from distlab.coordination.mutex.closed_forms import messages_per_entry

EXACT = [
    "centralised",
    "Ricart-Agrawala",
    "Roucairol-Carvalho",
    "Suzuki-Kasami",
    "token ring",
    "two-layer ring",
]


@pytest.mark.parametrize("n", [3, 7, 16])
@pytest.mark.parametrize("algorithm", EXACT)
def test_full_load_costs_what_the_closed_form_says(algorithm, n):
    """Under full load, with messages that all take the same time, the count is the closed form."""
    run = mutex_experiments.saturated(algorithm, n, rounds=4, latency=0.01)
    assert run.messages_per_entry == pytest.approx(messages_per_entry(algorithm, n, "full"), abs=1e-9)


@pytest.mark.parametrize("algorithm", ["centralised", "Lamport", "Ricart-Agrawala", "Maekawa"])
def test_light_load_costs_what_the_closed_form_says(algorithm):
    """One request at a time costs the same each time in a square grid of 16 nodes."""
    run = mutex_experiments.one_at_a_time(algorithm, 16, requests=10)
    assert run.messages_per_entry == messages_per_entry(algorithm, 16, "light")


@pytest.mark.parametrize("algorithm", ["Roucairol-Carvalho", "Suzuki-Kasami", "Raymond", "Naimi-Trehel"])
def test_the_mean_under_light_load_comes_to_the_closed_form(algorithm):
    """Where the cost depends on who asked before, the mean of 3,000 requests is within 5 %."""
    run = mutex_experiments.one_at_a_time(algorithm, 8, requests=3000)
    assert run.messages_per_entry == pytest.approx(messages_per_entry(algorithm, 8, "light"), rel=0.05)


def test_an_idle_token_has_no_closed_form():
    """The messages per entry of a ring under light load have no bound."""
    assert isnan(messages_per_entry("token ring", 5, "light"))


@pytest.mark.parametrize("arguments", [("Paxos", 5, "full"), ("Lamport", 5, "heavy")])
def test_unknown_names_are_answered(arguments):
    """An unknown algorithm or load is answered by a sentence that shows it."""
    with pytest.raises(ValueError, match=r"Paxos|heavy"):
        messages_per_entry(*arguments)


@pytest.mark.parametrize(
    ("figure", "measure"),
    [
        ("MX-1", published_counts.four_algorithms),
        ("MX-2", published_counts.roucairol_carvalho),
        ("MX-3", published_counts.maekawa),
        ("MX-5", published_counts.raymond),
    ],
)
def test_published_counts_are_reproduced(figure, measure):
    """Each quantity of the figure is measured, and within its tolerance."""
    compared = course.compare(figure, measure())
    assert set(compared.index) == set(course.published(figure).flat())
    assert (compared["within tolerance"] == "yes").all(), compared


def test_a_ring_is_not_counted_by_single_requests():
    """A token that never rests would send messages for ever."""
    with pytest.raises(ValueError, match="never rests"):
        published_counts.sent("token ring", 5, [1])


CASES = [
    ("centralised", "coordinator"),
    ("centralised", "inside"),
    ("centralised", "waiting"),
    ("Ricart-Agrawala", "inside"),
    ("Ricart-Agrawala", "waiting"),
    ("token ring", "inside"),
    ("token ring", "waiting"),
]


@pytest.mark.parametrize(("algorithm", "victim"), CASES)
def test_a_crash_stops_everything_unless_there_is_a_remedy(algorithm, victim):
    """Without a remedy nobody enters any more; with one, somebody soon does, and never beside another."""
    assert outages.outage(algorithm, victim, remedy=False).stall == inf
    remedied = outages.outage(algorithm, victim, remedy=True)
    assert remedied.stall < 1.0
    assert remedied.overlaps == 0


@pytest.mark.parametrize("algorithm", ["centralised", "Ricart-Agrawala", "token ring"])
def test_a_remedy_is_unsafe_if_the_holder_is_only_slow(algorithm):
    """A pause of one second: without the remedy all wait, with it nodes enter beside one another."""
    assert outages.outage(algorithm, "inside", remedy=False, pause=1.0).overlaps == 0
    assert outages.outage(algorithm, "inside", remedy=True, pause=1.0).overlaps > 0


@pytest.mark.parametrize("arguments", [("Raymond", "inside"), ("token ring", "coordinator")])
def test_outages_without_a_remedy_or_a_victim_are_answered(arguments):
    """An algorithm without a remedy, or a victim that it does not have, is answered by a sentence."""
    with pytest.raises(ValueError, match=r"Raymond|token ring"):
        outages.outage(*arguments, remedy=True)
