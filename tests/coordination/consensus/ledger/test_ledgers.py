"""The three ledgers: who writes, when, how often, and what it costs."""

from collections.abc import Callable
from itertools import pairwise
from math import exp, sqrt
from random import Random

import pytest

from distlab.check import Register, check_history
from distlab.coordination.consensus.ledger import (
    DelegatedProofOfStake,
    LedgerNode,
    ProofOfStake,
    ProofOfWork,
    StakeRules,
    audit_stake,
)
from distlab.coordination.consensus.ledger import ledger_experiments as runs
from distlab.coordination.consensus.ledger.difficulty import adjusted
from distlab.coordination.consensus.ledger.elections import Ballot, elected, turnout
from distlab.coordination.consensus.ledger.hash_puzzle import solve, solves
from distlab.coordination.consensus.ledger.ledger_store import LedgerStore
from distlab.coordination.consensus.ledger.measures import (
    block_share,
    confirmation_times,
    gini,
    intervals,
    main_chain,
    measure,
    missed_slots,
    said,
    tree_of,
)
from distlab.coordination.consensus.ledger.slots import SlotLedger
from distlab.coordination.consensus.ledger.stake_rounds import (
    chi_square_p,
    ginis,
    selection_counts,
    stake_rounds,
)
from distlab.sim import Call, Network, Outage, Simulation, cluster


def test_blocks_follow_power() -> None:
    """The share of the blocks is the share of the power: chi-square over 2,000 blocks."""
    chain = main_chain(runs.miners(blocks=2_000))
    counts = [sum(block.writer == id for block in chain) for id in runs.SHARES]
    assert chi_square_p(counts, list(runs.SHARES.values())) > 1e-3


def test_intervals_between_blocks_are_exponential() -> None:
    """Their mean is difficulty over power, and the share of those longer than the mean is 1/e."""
    gaps = intervals(main_chain(runs.miners(blocks=3_000, delay=0.01)))
    assert sum(gaps) / len(gaps) == pytest.approx(600, rel=4 / sqrt(len(gaps)))
    assert sum(gap > 600 for gap in gaps) / len(gaps) == pytest.approx(exp(-1), abs=0.04)


@pytest.mark.parametrize("delay", [12.6, 120.0])
def test_forks_follow_the_delay(delay: float) -> None:
    """Among 25 equal miners the share of colliding blocks is 1 - exp(-delay/interval), within 4 errors."""
    blocks = 1_500
    trace = runs.miners({id: 1 / 25 for id in range(1, 26)}, blocks=blocks, delay=delay)
    expected = 1 - exp(-delay / 600 * 24 / 25)
    found = measure(trace)
    assert found.forks == pytest.approx(expected, abs=4 * sqrt(expected / blocks))
    assert found.stale * found.written == pytest.approx(found.forks * found.blocks, abs=2.001)


def test_hashes_per_block_are_the_difficulty() -> None:
    """All miners together try as many hashes per block as the difficulty says, plus those of stale blocks."""
    found = measure(runs.miners(blocks=2_000, delay=0.01), power=1_000.0)
    assert found.hashes_per_block == pytest.approx(600_000, rel=0.1)


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_the_puzzle_takes_a_geometric_number_of_hashes(bits: int) -> None:
    """Mean 2^bits; the share that needs more than k is (1 - 2^-bits)^k."""
    tries = [solve(f"{bits}/{number}", bits)[1] for number in range(1_500)]
    p = 2.0**-bits
    assert sum(tries) / 1_500 == pytest.approx(1 / p, rel=4 / sqrt(1_500))
    beyond = (1 - p) ** round(1 / p)
    share = sum(count > round(1 / p) for count in tries) / 1_500
    assert share == pytest.approx(beyond, abs=4 * sqrt(beyond / 1_500))


def test_the_puzzle_and_the_timer_have_the_same_law() -> None:
    """Hashes over power, with real hashes, and the time that a simulated miner draws: equal quantiles."""
    rng = Random(1)
    hashed = sorted(solve(f"law/{number}", 8)[1] / 256 for number in range(2_000))
    drawn = sorted(rng.expovariate(1.0) for _ in range(2_000))
    gap = max(abs(hashed[at] - drawn[at]) for at in range(0, 1_800))
    assert gap < 0.25


def test_a_solution_is_checked_with_one_hash() -> None:
    """The number that was found solves it, and none before it does; no bits, no work."""
    nonce, hashes = solve("header", 6)
    assert solves("header", nonce, 6)
    assert not any(solves("header", number, 6) for number in range(nonce))
    assert (hashes, solve("header", 0)) == (nonce + 1, (0, 1))


def test_difficulty_follows_power() -> None:
    """Nine tenths of the power join: the first window is fast, and the difficulty rises fourfold at most."""
    settled = []
    for seed in range(1, 7):
        rows = runs.power_joins(seed, window=60)
        steps = [b["difficulty"] / a["difficulty"] for a, b in pairwise(rows)]
        assert all(0.25 - 1e-9 <= step <= 4 + 1e-9 for step in steps)
        assert max(steps) > 3
        assert min(row["interval"] for row in rows) < 300
        settled += [row["difficulty"] for row in rows if row["difficulty"] > 400_000]
    assert sum(settled) / len(settled) == pytest.approx(600_000, rel=0.12)  # 1,000 hashes/s for 600 s


def test_bitcoins_rule_for_the_difficulty() -> None:
    """Proportional between a quarter and four times; a window of no time counts as four times."""
    assert [adjusted(100.0, took, 600) for took in (600, 300, 1200, 10, 0, 1e9)] == [
        100, 200, 50, 400, 400, 25,
    ]  # fmt: skip


def test_a_partition_makes_two_chains_and_ends_in_one() -> None:
    """The smaller side takes back its blocks; in the end all five have one chain."""
    trace = runs.splits()
    back = [(node, facts["reverted"]) for _, node, facts in said(trace, "tip") if facts["reverted"] > 2]
    assert back == [(4, 6), (5, 6)]
    ends = [main_chain(trace, node)[-7] for node in (1, 2, 3, 4, 5)]
    assert len(set(ends)) == 1
    assert len(tree_of(trace).stale(main_chain(trace)[-1].hash)) == 6


def test_entries_of_reverted_blocks_are_written_again() -> None:
    """What was written in a block that left the chain is in a later block of the chain."""
    nodes = cluster(ProofOfWork, 4)
    calls = [Call(4, 1.0 + 0.1 * number, "submit", (f"entry {number}",)) for number in range(10)]
    sim = Simulation(nodes, Network(latency=0.3), workload=calls, seed=2)
    chain = main_chain(sim.run(until=30.0), node=1)
    written = [entry for block in chain for entry in block.payload]
    assert sorted(written) == [f"entry {number}" for number in range(10)]


def test_slots_follow_stake() -> None:
    """POS-2 for several stakes and lots: p of the chi-square test over 100,000 slots."""
    for lot, stakes in (("a", [1, 2, 3, 4]), ("b", [50, 30, 20]), ("c", [1] * 10)):
        assert chi_square_p(selection_counts(stakes, 100_000, lot), stakes) > 1e-4


def test_the_chi_square_test() -> None:
    """Known quantiles: 3.841 with one degree of freedom and 18.307 with ten have p = 0.05."""
    half = sqrt(3.841459 * 100) / 2
    assert chi_square_p([50 + half, 50 - half], [1, 1]) == pytest.approx(0.05, abs=1e-5)
    off = sqrt(18.307038 * 100 / 2)
    assert chi_square_p([100 + off, 100 - off, *[100] * 9], [1] * 11) == pytest.approx(0.05, abs=1e-5)
    assert chi_square_p([10, 10], [1, 1]) == 1.0


def test_the_lot_of_another_seed_falls_otherwise() -> None:
    """Owners differ, their shares do not; and the audit of one lot refuses the blocks of another."""
    one, two = (main_chain(runs.stakers(slots=300, seed=seed)) for seed in (1, 2))
    same = sum(a.writer == b.writer for a, b in zip(one, two, strict=True)) / 300
    by_chance = sum(share**2 for share in runs.SHARES.values())
    assert abs(same - by_chance) < 0.1
    assert audit_stake(runs.SHARES, lot="lot 1")(one[0], []) is None
    other = audit_stake(runs.SHARES, lot="lot 2")
    assert any(other(block, one[:number]) for number, block in enumerate(one[:20]))


def test_nobody_races_for_a_slot() -> None:
    """With one owner per slot no blocks collide, however short the slot is above the delay."""
    found = measure(runs.stakers(slots=300, slot=2.5, delay=2.0))
    assert (found.forks, found.stale) == (0.0, 0.0)


def test_the_slots_of_a_dead_owner_are_missed() -> None:
    """An owner with a quarter of the stake is down: a quarter of the slots stays empty."""
    trace = runs.stakers(slots=2_000, slot=1.0, delay=0.1, faults=[Outage(2, at=0.0)])
    assert missed_slots(main_chain(trace), 2_000) == pytest.approx(0.25, abs=0.04)


def test_coin_age_makes_winners_wait() -> None:
    """Nobody wins twice within the smallest age, and small owners win more than their share of the stake."""
    rules = StakeRules(coin_age=True, min_age=3, max_age=60)
    chain = main_chain(runs.stakers(slots=1_000, rules=rules))
    last: dict[int, int] = {}
    for block in chain:
        assert block.slot - last.get(block.writer, -9) > 3
        last[block.writer] = block.slot
    with_age, by_amount = block_share(chain), block_share(main_chain(runs.stakers(slots=1_000)))
    assert with_age[6] > 1.5 * by_amount[6]
    assert with_age[1] < 0.8 * by_amount[1]


def test_stake_keeps_its_expected_share_and_drifts_apart() -> None:
    """Polya's urn: the mean share stays, equal owners become unequal; coin age holds that back."""
    urn = stake_rounds([10.0] * 10, 1_000, StakeRules(reward=1.0), runs=400)
    shares = urn / urn.sum(axis=1)[:, None]
    assert shares.mean(axis=0) == pytest.approx([0.1] * 10, abs=0.01)
    aged = stake_rounds(
        [10.0] * 10, 1_000, StakeRules(reward=1.0, coin_age=True, min_age=3, max_age=60), runs=400
    )
    assert ginis(aged).mean() < 0.5 * ginis(urn).mean()
    assert ginis(urn).mean() > 0.1


def test_the_urn_has_polyas_variance() -> None:
    """Two owners of one coin each: after n rewards of one coin the share is uniform, variance 1/12."""
    urn = stake_rounds([1.0, 1.0], 500, StakeRules(reward=1.0), runs=20_000, seed=4)
    share = urn[:, 0] / urn.sum(axis=1)
    assert share.var() == pytest.approx(1 / 12, rel=0.05)


def test_the_gini_coefficient() -> None:
    """0 for equals, 1 - 1/n if one has all; scaling changes nothing."""
    assert gini([3.0, 3.0, 3.0]) == pytest.approx(0.0)
    assert gini([0, 0, 0, 0, 9]) == pytest.approx(0.8)
    assert gini([1, 2, 3, 4]) == pytest.approx(gini([10, 20, 30, 40])) == pytest.approx(0.25)


def test_delegates_write_in_turn() -> None:
    """In each round each delegate has one slot, so their shares are equal, whatever their stake."""
    chain = main_chain(runs.delegates(seats=3, slots=300))
    for begin in range(0, 300, 3):
        assert len({block.writer for block in chain[begin : begin + 3]}) == 3


def test_a_dead_delegate_is_voted_out() -> None:
    """If owners vote, its slots are missed for some rounds only; if nobody votes, for ever."""
    gone = [Outage(2, at=300.0)]
    watched = main_chain(runs.delegates(slots=400, faults=gone))
    ignored = main_chain(runs.delegates(slots=400, faults=gone, voters=0))
    assert missed_slots(watched, 400) < 0.02
    assert missed_slots(ignored, 400) == pytest.approx(0.25, abs=0.01)
    assert {block.writer for block in watched[-30:]} == {1, 3, 4}


def test_votes_weigh_as_much_as_the_stake() -> None:
    """One large owner outvotes many small ones; who does not vote gives its weight to nobody."""
    stakes = {"whale": 60.0, **{f"small {n}": 4.0 for n in range(10)}}
    ballots = {"whale": ("x",), **{f"small {n}": ("y",) for n in range(10)}}
    assert elected(ballots, stakes, ("y", "x"), 1) == ("x",)
    del ballots["whale"]
    assert elected(ballots, stakes, ("y", "x"), 1) == ("y",)
    assert turnout(ballots, stakes) == pytest.approx(0.4)


def test_a_ballot_counts_from_the_next_round() -> None:
    """Owners approve of node 6 by hand; it writes from the second round after its ballots were written."""
    nodes = {id: DelegatedProofOfStake(seats=2, slot=1.0, watchful=False) for id in range(1, 7)}
    calls = [Call(id, 0.5, "approve", ((6,),)) for id in range(1, 7)]
    chain = main_chain(Simulation(nodes, workload=calls).run(until=12.5))
    assert sum(isinstance(entry, Ballot) for entry in chain[0].payload) == 6
    assert 6 not in [block.writer for block in chain[:2]]
    assert [block.writer for block in chain[2:]].count(6) == 5


def test_one_consensus_and_two_consistencies() -> None:
    """Local reads on an agreed ledger are not linearizable but sequential; ordered reads are both."""
    local, ordered = runs.register("local"), runs.register("ordered", until=5.0)
    assert main_chain(local, 1)[:8] == main_chain(local, 3)[:8]
    levels = {
        level: [check_history(trace, Register(), level).ok for trace in (local, ordered)]
        for level in ("linearizable", "sequential")
    }
    assert levels == {"linearizable": [False, True], "sequential": [True, True]}


def test_identities_buy_votes_but_no_power() -> None:
    """An owner with a fifth of the power has k/(k+4) of the votes with k names, and a fifth of the blocks."""
    found = runs.identities(16, blocks=600)
    assert found["votes"] == pytest.approx(16 / 20, abs=0.06)
    assert found["power"] == pytest.approx(0.2, abs=0.06)


def test_the_same_outage_in_three_ledgers() -> None:
    """Work: slower until the next adjustment. Stake: slots missed for good. Delegates: replaced."""
    found = {ledger: runs.with_outage(ledger, seed=2) for ledger in ("pow", "pos", "dpos")}
    assert found["pow"]["interval"] == pytest.approx(125, rel=0.15)
    assert found["pos"]["missed"] == pytest.approx(0.1875, abs=0.05)
    assert found["dpos"]["missed"] < 0.02
    assert found["dpos"]["interval"] < found["pos"]["interval"] < found["pow"]["interval"]


def test_an_entry_waits_for_its_block_and_five_more() -> None:
    """In slots without faults, six blocks deep takes 5 to 6 slots and the way; with work 6 intervals."""
    calls = [Call(1, 7.3 * number, "submit", (number,)) for number in range(100)]
    times = confirmation_times(runs.run_ledger("dpos", workload=calls))
    assert len(times) == 100
    assert 15 <= min(times) <= max(times) <= 19
    waits = [Call(1, 470.0 * number, "submit", (number,)) for number in range(400)]
    mined = confirmation_times(runs.run_ledger("pow", periods=2_000, workload=waits))
    assert sum(mined) / len(mined) == pytest.approx(600, rel=0.1)


@pytest.mark.parametrize(("ledger", "interval"), [("pow", 100.0), ("pos", 3.0), ("dpos", 3.0)])
def test_throughput_is_capacity_over_interval(ledger: str, interval: float) -> None:
    """If there is always more to write than fits, each block is full."""
    assert runs.throughput(ledger, capacity=7, periods=300) == pytest.approx(7 / interval, rel=0.12)


def test_the_number_of_delegates_does_not_change_the_throughput() -> None:
    """A slot is a slot, whoever writes in it."""
    calls = [Call(1, 0.0, "submit", (number,)) for number in range(2_000)]
    counts = []
    for seats in (1, 3, 6):
        trace = runs.delegates(seats=seats, slots=90, workload=calls, capacity=5)
        counts.append(sum(len(block.payload) for block in main_chain(trace)))
    assert counts == [450, 450, 450]


@pytest.mark.parametrize(
    ("make", "said_so"),
    [
        (lambda: ProofOfWork(power=-1), "power must be hashes per second, 0 or more; got -1"),
        (lambda: ProofOfWork(difficulty=0.5), "difficulty must be hashes per block, 1 or more; got 0.5"),
        (lambda: ProofOfWork(window=1), "window must be None or a whole number of blocks, 2 or more; got 1"),
        (lambda: ProofOfWork(clamp=0.5), "clamp must be a factor of 1 or more; got 0.5"),
        (lambda: LedgerNode(capacity=0), "capacity must be None or a whole number of 1 or more; got 0"),
        (lambda: LedgerNode(tie=2), "tie must be a probability between 0 and 1; got 2"),
        (lambda: ProofOfStake(slot=0), "slot must be a number of seconds, more than 0; got 0"),
        (lambda: DelegatedProofOfStake(seats=0), "seats must be a whole number of delegates"),
        (lambda: StakeRules(reward=-1), "reward must be a number of coins"),
        (lambda: StakeRules(min_age=9, max_age=3), "min_age must be slots from 0 to less than max_age=3"),
        (lambda: StakeRules().first({1: 0.0}), "stakes must be coins of 0 or more, not all 0"),
        (lambda: LedgerStore(reads="fast"), 'reads must be "local" or "ordered"; got \'fast\''),
        (lambda: runs.with_outage("poa", 1), 'ledger must be "pow", "pos" or "dpos"; got \'poa\''),
        (lambda: solve("x", 99), "bits must be a whole number from 0 to 24; got 99"),
        (lambda: adjusted(1.0, 1.0, 600.0, clamp=0.1), "clamp must be a factor of 1 or more"),
        (lambda: stake_rounds([1.0], -1, StakeRules()), "rounds must be a whole number of 0 or more"),
        (lambda: gini([0, 0]), "values must be of 0 or more, not all 0"),
        (lambda: chi_square_p([1], [1]), "counts and shares must be equally many"),
    ],
)
def test_bad_arguments_are_named(make: Callable[[], object], said_so: str) -> None:
    """A wrong argument is answered by one sentence with its name and its value."""
    with pytest.raises(ValueError, match=said_so):
        make()


def test_who_does_not_say_whose_turn_it_is() -> None:
    """A ledger in slots without an owner is refused with a sentence."""
    with pytest.raises(NotImplementedError, match=r"must say in owner\(slot, parent\) whose turn it is"):
        Simulation([SlotLedger()]).run(until=1.0)
