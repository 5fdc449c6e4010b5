"""Networks as data, and what they do to messages."""

import re
from statistics import fmean

import pytest

from distlab.sim import (
    Constant,
    ContractError,
    Exponential,
    Link,
    Network,
    Node,
    Simulation,
    SimulationError,
    Uniform,
    cluster,
    message,
    one_rack,
    one_region,
    three_regions,
)


@message
class Parcel:
    number: int


class Shipper(Node):
    """Node 1 sends ``count`` numbered parcels, one every ``gap`` seconds, to each of ``to``."""

    def __init__(self, count=1, gap=0.0, to=(2,)):
        self.count = count
        self.gap = gap
        self.to = to

    def on_start(self):
        if self.id == 1:
            for number in range(self.count):
                self.after(number * self.gap, self.ship, number)

    def ship(self, number):
        for receiver in self.to:
            self.send(receiver, Parcel(number))

    def on_parcel(self, msg, sender):
        self.record("got", number=msg.number)


def ship(network, nodes=2, seed=1, faults=(), **options):
    """A run of shippers."""
    return Simulation(cluster(Shipper, nodes, **options), network, faults=faults, seed=seed).run()


def delays(trace):
    """How long each message took, in seconds."""
    table = trace.messages
    return (table.received - table.sent).round(9).tolist()


def arrivals(trace):
    """The numbers of the parcels in the order of their arrival."""
    return trace.records.number.tolist()


def test_a_message_takes_the_latency():
    """A constant latency is exact."""
    assert delays(ship(Network(latency=0.25), count=3, gap=1.0)) == [0.25] * 3


def test_the_default_is_ten_milliseconds():
    """Without a network, each message takes 10 ms and arrives."""
    trace = Simulation(cluster(Shipper, 2)).run()
    assert delays(trace) == [0.01]


def test_latencies_are_drawn_from_the_distribution():
    """Uniform latencies stay in their range and have its mean."""
    found = delays(ship(Network(latency=Uniform(0.01, 0.03)), count=2000, gap=1.0))
    assert min(found) >= 0.01
    assert max(found) <= 0.03
    assert fmean(found) == pytest.approx(0.02, rel=0.02)


def test_zero_latency_delivers_at_the_same_time_but_later():
    """A message without delay arrives after what is already due at that time."""
    trace = ship(Network(latency=0.0), count=2)
    assert delays(trace) == [0.0, 0.0]
    assert arrivals(trace) == [0, 1]


@pytest.mark.parametrize("loss", [0.1, 0.5, 0.9])
def test_the_share_of_lost_messages_is_the_loss(loss):
    """Of 4,000 messages the lost share is within three standard deviations; nobody hears of a lost one."""
    trace = ship(Network(loss=loss), count=4000, gap=0.001)
    fates = trace.messages.fate.value_counts()
    assert fates["lost"] / 4000 == pytest.approx(loss, abs=3 * (loss * (1 - loss) / 4000) ** 0.5)
    assert len(trace.records) == fates["received"] == 4000 - fates["lost"]
    assert trace.messages.query("fate == 'lost'").received.isna().all()


@pytest.mark.parametrize(("loss", "left"), [(0.0, 50), (1.0, 0)])
def test_loss_zero_loses_nothing_and_loss_one_everything(loss, left):
    """The ends of the range are exact."""
    assert len(ship(Network(loss=loss), count=50).records) == left


def test_a_duplicate_is_a_second_delivery_of_the_same_message():
    """With probability 1 each message arrives twice, the copy a latency later."""
    trace = ship(Network(latency=0.01, duplication=1.0), count=3, gap=1.0)
    assert arrivals(trace) == [0, 0, 1, 1, 2, 2]
    assert trace.messages.fate.tolist() == ["received", "duplicate"] * 3
    assert delays(trace) == [0.01, 0.02] * 3
    assert trace.messages.cause.iloc[0] == trace.messages.cause.iloc[1]


def test_the_share_of_duplicates_is_the_duplication():
    """Of 4,000 messages a quarter has a copy."""
    trace = ship(Network(duplication=0.25), count=4000, gap=0.001)
    assert (trace.messages.fate == "duplicate").sum() / 4000 == pytest.approx(0.25, abs=0.021)


def test_random_latencies_reorder_and_fifo_links_do_not():
    """Messages sent 1 ms apart with latencies up to 100 ms overtake each other, unless links are FIFO."""
    free = arrivals(ship(Network(latency=Uniform(0.0, 0.1)), count=100, gap=0.001))
    fifo = arrivals(ship(Network(latency=Uniform(0.0, 0.1), fifo=True), count=100, gap=0.001))
    assert free != sorted(free)
    assert fifo == sorted(fifo) == sorted(free)


def test_fifo_delays_no_more_than_it_must():
    """A message arrives at its own time or together with the latest before it, whichever comes later."""
    free = ship(Network(latency=Uniform(0.0, 0.1)), count=100, gap=0.001).messages
    fifo = ship(Network(latency=Uniform(0.0, 0.1), fifo=True), count=100, gap=0.001).messages
    assert fifo.received.tolist() == free.received.cummax().tolist()


def test_fifo_holds_for_copies_too():
    """No copy arrives after a message that was sent later on the same link."""
    network = Network(latency=Uniform(0.0, 0.1), fifo=True, duplication=0.5)
    found = arrivals(ship(network, count=200, gap=0.001))
    assert found == sorted(found)
    assert len(found) > 200


def test_fifo_is_a_matter_of_one_link():
    """Messages to different receivers may overtake each other."""
    network = Network(latency=Uniform(0.0, 0.1), fifo=True)
    found = arrivals(ship(network, nodes=3, count=50, gap=0.001, to=(2, 3)))
    assert found != sorted(found)


def test_a_reordered_message_is_held_back_and_overtaken():
    """It takes 1 + hold latencies, so those sent meanwhile come first."""
    network = Network(latency=0.01, reordering=0.2, hold=3)
    trace = ship(network, count=100, gap=0.01)
    assert set(delays(trace)) == {0.01, 0.04}
    assert delays(trace).count(0.04) / 100 == pytest.approx(0.2, abs=0.1)
    assert arrivals(trace) != sorted(arrivals(trace))


def test_a_link_can_have_its_own_latency_and_loss():
    """Link settings go before those of the network, and only in their direction."""
    network = Network(latency=0.01, links={(1, 2): Link(latency=0.5), (1, 3): Link(loss=1.0)})
    trace = ship(network, nodes=4, to=(2, 3, 4))
    assert trace.messages.fate.tolist() == ["received", "lost", "received"]
    assert delays(trace)[0] == 0.5
    assert delays(trace)[2] == 0.01
    assert network.latency_of(2, 1) == Constant(0.01)
    assert network.loss_of(3, 1) == 0.0


def test_messages_queue_for_the_bandwidth_of_a_link():
    """Three messages of 100 bytes on a link of 1,000 bytes/s leave it after 0.1, 0.2 and 0.3 s."""
    network = Network(latency=0.01, bandwidth=1000.0, size=lambda msg: 100)
    assert delays(ship(network, count=3)) == [0.11, 0.21, 0.31]


def test_each_link_has_its_own_bandwidth():
    """Messages to different receivers do not wait for each other."""
    network = Network(latency=0.01, bandwidth=1000.0, size=lambda msg: 100)
    assert delays(ship(network, nodes=3, to=(2, 3))) == [0.11, 0.11]


def test_a_link_that_is_free_again_does_not_delay():
    """Queueing ends with the queue."""
    network = Network(latency=0.01, bandwidth=1000.0, size=lambda msg: 100 * (msg.number + 1))
    assert delays(ship(network, count=3, gap=1.0)) == [0.11, 0.21, 0.31]


def test_a_node_may_send_to_itself_over_any_network():
    """A message to oneself takes the latency, and is never lost, copied or cut off."""
    from distlab.sim import Isolate

    network = Network(latency=0.01, loss=1.0, duplication=1.0, bandwidth=1.0)
    trace = ship(network, count=2, to=(1,), faults=[Isolate(1, at=0.0)])
    assert delays(trace) == [0.01, 0.01]
    assert trace.messages.fate.tolist() == ["received"] * 2
    assert delays(ship(Network(latency=0.01), count=2, to=(1,))) == [0.01, 0.01]


class Neighbour(Node):
    def on_start(self):
        self.record("peers", of=self.peers)


def test_peers_are_the_neighbours_in_the_topology():
    """Without a topology everybody has a link to everybody."""
    ring = {1: (2,), 2: (3,), 3: (1, 3)}
    trace = Simulation(cluster(Neighbour, 3), Network(topology=ring)).run()
    assert trace.records.of.tolist() == [(2,), (3,), (1,)]
    assert Simulation(cluster(Neighbour, 3)).run().records.of.tolist() == [(2, 3), (1, 3), (1, 2)]


def test_sending_where_there_is_no_link_is_a_mistake():
    """The sentence names the message and the missing link."""
    with pytest.raises(ContractError) as error:
        ship(Network(topology={1: (3,), 2: (1,), 3: (2,)}), nodes=3)
    assert (
        str(error.value)
        == "Shipper 1 tried to send Parcel(number=0) to 2, but Network.topology has no link from 1 to 2."
    )


def test_latencies_between_regions_come_from_the_matrix():
    """Pairs may be given in one direction; inside a region the matrix needs its own entry."""
    network = Network(
        regions={1: "a", 2: "b", 3: "a"}, between={("a", "b"): 0.05, ("a", "a"): 0.001, ("b", "b"): 0.002}
    )
    assert delays(ship(network, nodes=3, to=(2, 3))) == [0.05, 0.001]
    assert network.latency_of(2, 1) == Constant(0.05)


def test_the_matrix_may_differ_by_direction():
    """A pair that is given in both directions is taken as it is."""
    between = {("a", "b"): 0.05, ("b", "a"): 0.07, ("a", "a"): 0.0, ("b", "b"): 0.0}
    network = Network(regions={1: "a", 2: "b"}, between=between)
    assert (network.latency_of(1, 2).mean, network.latency_of(2, 1).mean) == (0.05, 0.07)


def test_presets_go_from_near_to_far():
    """One rack is faster than one region, which is faster than three."""
    spread = three_regions([1, 2, 3, 4])
    means = [one_rack().latency.mean, one_region().latency.mean, spread.latency_of(1, 2).mean]
    assert means == sorted(means)
    assert spread.latency_of(1, 4).mean == 0.00025
    assert spread.latency_of(2, 3).mean == 0.07
    assert one_rack(loss=0.1).loss == 0.1
    assert three_regions([1, 2], fifo=True).fifo


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (Network(), "Network(latency=0.01)"),
        (Network(latency=Uniform(0, 1), fifo=True), "Network(latency=Uniform(low=0, high=1), fifo=True)"),
        (
            Network(bandwidth=10.0, size=len, topology={1: (2,)}),
            "Network(latency=0.01, topology={1: (2,)}, bandwidth=10.0, size=len)",
        ),
    ],
)
def test_a_network_shows_what_differs_from_the_default(network, text):
    """Without addresses in memory, so that it can stand in a notebook."""
    assert repr(network) == text


def test_a_distribution_of_somebody_elses_may_not_draw_negative_durations():
    """Time would run backwards; on the network and on single links."""

    class Wrong:
        mean = 1.0

        def sample(self, rng):
            return -1.0

        def draws(self, rng):
            yield 0.5
            yield -1.0

        def __repr__(self):
            return "Wrong()"

    sentence = re.escape("a draw of Wrong() must be a number of seconds, 0 or more; got -1.0.")
    for network in (Network(latency=Wrong()), Network(links={(1, 2): Link(latency=Wrong())})):
        with pytest.raises(ValueError, match=sentence):
            ship(network, count=2)


def test_networks_are_compared_by_value():
    """A network is data."""
    assert Network(latency=0.01) == Network(latency=Constant(0.01))
    assert Network(latency=0.01) != Network(latency=0.02)
    assert Network().plain
    assert not Network(loss=0.1).plain


@pytest.mark.parametrize("name", ["loss", "duplication", "reordering"])
@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), "0.5", None, True])
def test_a_probability_outside_zero_to_one_is_refused(name, value):
    """The sentence names the argument and the value."""
    with pytest.raises(
        ValueError,
        match=f"^{re.escape(f'Network.{name} must be a probability between 0 and 1; got {value!r}.')}$",
    ):
        Network(**{name: value})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Network(latency=-1), "Network.latency must be a number of seconds, 0 or more; got -1."),
        (
            lambda: Network(latency="fast"),
            "Network.latency must be a number of seconds or a distribution such as Uniform(0.005, 0.015); "
            "got 'fast'.",
        ),
        (
            lambda: Network(fifo=True, reordering=0.1),
            "Network: fifo=True and reordering contradict each other; choose one.",
        ),
        (lambda: Network(hold=0), "Network.hold must be a whole number, 1 or more; got 0."),
        (lambda: Network(bandwidth=0), "Network.bandwidth must be more than 0 bytes per second; got 0."),
        (
            lambda: Network(bandwidth="1 Gb"),
            "Network.bandwidth must be more than 0 bytes per second; got '1 Gb'.",
        ),
        (lambda: Network(size=8), "Network.size must be a function from a message to its bytes; got 8."),
        (
            lambda: Network(links={(1, 2): 0.5}),
            "Network.links maps (sender, receiver) to Link(...); got (1, 2): 0.5.",
        ),
        (
            lambda: Network(links={1: Link()}),
            "Network.links maps (sender, receiver) to Link(...); got 1: Link(latency=None, loss=None).",
        ),
        (
            lambda: Network(regions={1: "a", 2: "b"}, between={("a", "a"): 1, ("b", "b"): 1}),
            "Network.between has no latency between 'a' and 'b'.",
        ),
        (
            lambda: Network(between={("a", "a"): 1}),
            "Network.between needs regions={id: region} to say where the nodes are.",
        ),
        (
            lambda: Network(regions={1: "a"}, between={("a", "a"): -1}),
            "Network.between['a', 'a'] must be a number of seconds, 0 or more; got -1.",
        ),
        (lambda: Link(loss=2), "Link.loss must be a probability between 0 and 1; got 2."),
        (lambda: Link(latency=-1), "Link.latency must be a number of seconds, 0 or more; got -1."),
    ],
)
def test_a_network_that_cannot_be_is_refused(make, sentence):
    """Before anything runs, in one sentence."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (
            Network(links={(1, 9): Link(loss=0.1)}),
            "Network.links names node 9, which does not exist; the nodes are: 1, 2.",
        ),
        (
            Network(topology={1: (2, 5), 2: (1,)}),
            "Network.topology names node 5, which does not exist; the nodes are: 1, 2.",
        ),
        (Network(topology={1: (2,)}), "Network.topology does not mention node 2."),
        (
            Network(regions={1: "a"}, between={("a", "a"): 0.1}),
            "Network.regions does not mention node 2.",
        ),
    ],
)
def test_a_network_must_fit_the_nodes(network, sentence):
    """Unknown nodes, and nodes that are left out, are found when the simulation is built."""
    with pytest.raises(SimulationError) as error:
        Simulation(cluster(Shipper, 2), network)
    assert str(error.value) == sentence


def test_a_distribution_may_be_given_to_a_single_link():
    """Each link then has a random stream of its own."""
    links = {(1, 2): Link(latency=Exponential(0.1)), (1, 3): Link(latency=Exponential(0.1))}
    trace = ship(Network(links=links), nodes=3, count=200, to=(2, 3))
    table = trace.messages.assign(delay=trace.messages.received - trace.messages.sent)
    means = table.groupby("receiver").delay.mean()
    assert means.tolist() == pytest.approx([0.1, 0.1], rel=0.3)
    assert means[2] != means[3]
