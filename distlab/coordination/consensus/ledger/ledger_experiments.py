"""The runs of lesson 05: each function builds its own nodes and network and returns a trace or numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from distlab.sim import Call, Fault, Network, NodeId, Outage, Partition, Simulation, SlowLink, Trace

from .delegated import DelegatedProofOfStake
from .ledger_store import LedgerStore
from .measures import block_share, confirmation_times, main_chain, measure, missed_slots, said
from .nothing_at_stake import BranchStarter, SignsEverywhere
from .private_miner import PrivateMiner
from .proof_of_stake import ProofOfStake
from .proof_of_work import ProofOfWork
from .selfish_miner import SelfishMiner
from .stake_rounds import stake_rounds
from .stakes import StakeRules

__all__ = [
    "PERIOD",
    "SHARES",
    "delegates",
    "double_spend",
    "identities",
    "miners",
    "nothing_at_stake",
    "power_joins",
    "register",
    "run_ledger",
    "selfish_pool",
    "share_of_half",
    "splits",
    "stake_rules",
    "stakers",
    "throughput",
    "with_outage",
]

#: seconds between blocks of work, on average, and of a slot, in the comparison of the ledgers
PERIOD = {"pow": 100.0, "pos": 3.0, "dpos": 3.0}

#: shares of the power, or of the stake, of six nodes
SHARES: dict[NodeId, float] = {1: 0.35, 2: 0.25, 3: 0.15, 4: 0.10, 5: 0.10, 6: 0.05}


def miners(
    shares: Mapping[NodeId, float] = SHARES,
    *,
    blocks: int = 500,
    interval: float = 600.0,
    delay: float = 2.0,
    power: float = 1_000.0,
    faults: Sequence[Fault] = (),
    workload: Sequence[Call] = (),
    seed: int = 1,
    full: bool = False,
    **rules: Any,
) -> Trace:
    """Honest miners, for as long as so many blocks take on average.

    Parameters
    ----------
    shares
        Id -> share of the power.
    blocks
        How many are expected.
    interval
        Mean seconds between blocks.
    delay
        Seconds that a block takes to any other miner.
    power
        Hashes per second of all together.
    faults, workload, seed
        As for ``Simulation``.
    full
        Whether the trace also has the messages.
    rules
        As for ``ProofOfWork``.

    Examples
    --------
    >>> len(main_chain(miners(blocks=100)))
    123
    """
    nodes = {
        id: ProofOfWork(
            power=power * share,
            difficulty=power * interval,
            interval=interval,
            **{"relay": False, **rules},
        )
        for id, share in shares.items()
    }
    kind = "full" if full else "outline"
    sim = Simulation(nodes, Network(latency=delay), faults, workload, seed=seed, trace=kind)
    return sim.run(blocks * interval)


def stakers(
    stakes: Mapping[NodeId, float] = SHARES,
    *,
    slots: int = 500,
    slot: float = 12.0,
    delay: float = 2.0,
    faults: Sequence[Fault] = (),
    workload: Sequence[Call] = (),
    seed: int = 1,
    **rules: Any,
) -> Trace:
    """Validators with these stakes, for so many slots; the other parameters are those of ``miners``.

    Examples
    --------
    >>> len(main_chain(stakers(slots=100)))
    100
    """
    rules = {"stakes": stakes, "slot": slot, "lot": f"lot {seed}", "relay": False, **rules}
    nodes = {id: ProofOfStake(**rules) for id in stakes}
    until = (slots + 0.9) * slot
    return Simulation(nodes, Network(latency=delay), faults, workload, seed=seed, trace="outline").run(until)


def delegates(
    stakes: Mapping[NodeId, float] = SHARES,
    *,
    seats: int = 3,
    slots: int = 500,
    slot: float = 3.0,
    delay: float = 1.0,
    voters: int | None = None,
    faults: Sequence[Fault] = (),
    workload: Sequence[Call] = (),
    seed: int = 1,
    **rules: Any,
) -> Trace:
    """Owners with these stakes who elect delegates, for so many slots.

    Parameters
    ----------
    stakes
        Id -> coins; everybody stands.
    seats
        How many delegates.
    voters
        How many of the owners vote, the first ones; None: all.
    slots, slot, delay, faults, workload, seed, rules
        As for ``stakers``.

    Examples
    --------
    >>> list(block_share(main_chain(delegates(slots=300))).values())
    [0.3333333333333333, 0.3333333333333333, 0.3333333333333333]
    """
    voting = list(stakes)[:voters]
    nodes = {
        id: DelegatedProofOfStake(
            seats=seats, stakes=stakes, slot=slot, relay=False, watchful=id in voting, **rules
        )
        for id in stakes
    }
    until = (slots + 0.9) * slot
    return Simulation(nodes, Network(latency=delay), faults, workload, seed=seed, trace="outline").run(until)


def run_ledger(ledger: str, periods: int = 400, **options: Any) -> Trace:
    """The same six nodes and network for each ledger; a message takes 1 s.

    Miners find a block in 100 s on average, so that about one in a hundred collides; a slot takes 3 s.

    Parameters
    ----------
    ledger
        "pow", "pos" or "dpos".
    periods
        Blocks expected, or slots.
    options
        ``faults``, ``workload``, ``seed``, ``capacity``.

    Raises
    ------
    ValueError
        If there is no such ledger.

    Examples
    --------
    >>> [round(run_ledger(ledger, periods=10).end) for ledger in ("pow", "pos", "dpos")]
    [1000, 33, 33]
    """
    if ledger == "pow":
        return miners(blocks=periods, interval=PERIOD["pow"], delay=1.0, **options)
    if ledger == "pos":
        return stakers(slots=periods, slot=PERIOD["pos"], delay=1.0, **options)
    if ledger == "dpos":
        return delegates(slots=periods, slot=PERIOD["dpos"], delay=1.0, **options)
    raise ValueError(f'ledger must be "pow", "pos" or "dpos"; got {ledger!r}.')


def with_outage(ledger: str, seed: int, periods: int = 400) -> dict[str, float]:
    """Node 2, with a quarter of everything, goes for good at a quarter of the run; now and then an entry.

    Parameters
    ----------
    ledger, periods
        As for ``run_ledger``.
    seed
        Same arguments, same result.

    Returns
    -------
    dict
        "interval" (seconds), "confirmed" (seconds until an entry is six blocks deep), "stale" (share of the
        written blocks), "missed" (share of the slots), "largest" (share of the blocks of the largest owner).

    Examples
    --------
    >>> with_outage("dpos", seed=1)["interval"] < with_outage("pos", seed=1)["interval"]
    True
    """
    period = PERIOD.get(ledger, 1.0)
    gone = [Outage(2, at=0.25 * periods * period)]
    calls = [Call(1, 4.7 * number * period, "submit", (number,)) for number in range(periods // 5)]
    trace = run_ledger(ledger, periods, faults=gone, workload=calls, seed=seed)
    found, chain = measure(trace), main_chain(trace)
    times = confirmation_times(trace)
    return {
        "interval": found.interval,
        "confirmed": sum(times) / len(times),
        "stale": found.stale,
        "missed": 0.0 if ledger == "pow" else missed_slots(chain, periods),
        "largest": block_share(chain)[1],
    }


def throughput(ledger: str, capacity: int = 5, periods: int = 300, seed: int = 1) -> float:
    """Entries per second in the chain, if there are always more than fit into a block.

    Parameters
    ----------
    ledger, periods
        As for ``run_ledger``.
    capacity
        Entries per block.

    Examples
    --------
    >>> round(throughput("dpos"), 2)  # 5 entries in a slot of 3 s
    1.66
    """
    calls = [Call(1, 0.0, "submit", (number,)) for number in range(3 * capacity * periods // 2)]
    trace = run_ledger(ledger, periods, capacity=capacity, workload=calls, seed=seed)
    return sum(len(block.payload) for block in main_chain(trace)) / trace.end


def power_joins(seed: int = 1, window: int = 30, windows: int = 12) -> list[dict[str, float]]:
    """The difficulty while nine tenths of the power join after a third of the run and leave again.

    Returns
    -------
    list
        For each window of blocks: "block" (its last height), "difficulty" (hashes), "interval" (mean
        seconds).

    Examples
    --------
    >>> found = power_joins()
    >>> max(row["difficulty"] for row in found) > 5 * found[0]["difficulty"]
    True
    """
    nodes = {
        id: ProofOfWork(
            power=power, difficulty=60_000.0, window=window, interval=600.0, clamp=4.0, relay=False
        )
        for id, power in {1: 60.0, 2: 40.0, 3: 900.0}.items()
    }
    third = 600.0 * window * windows / 3
    faults = [Outage(3, at=0.0, until=third), Outage(3, at=2 * third)]
    sim = Simulation(nodes, Network(latency=1.0), faults, seed=seed, trace="outline")
    chain = main_chain(sim.run(3 * third))
    rows = []
    for begin in range(0, len(chain) - window, window):
        part = chain[begin : begin + window + 1]
        rows.append(
            {
                "block": float(begin + window),
                "difficulty": part[0].difficulty,
                "interval": (part[-1].time - part[0].time) / window,
            }
        )
    return rows


def splits(seed: int = 3) -> Trace:
    """Five equal miners, a block every 600 s; nodes 4 and 5 are cut off from 3,000 s to 9,000 s.

    Examples
    --------
    >>> int(splits().records.reverted.max())
    6
    """
    nodes = {id: ProofOfWork(power=200.0, difficulty=600_000.0, relay=False) for id in range(1, 6)}
    cut = [Partition([[4, 5]], at=3_000.0, until=9_000.0)]
    return Simulation(nodes, Network(latency=6.0), cut, seed=seed).run(13_000.0)


def double_spend(q: float, confirmations: int, attacks: int = 300, seed: int = 1) -> dict[str, float]:
    """Double spends with real blocks: an attacker with the share q, and four honest miners.

    Returns
    -------
    dict
        "attacks", "reverted", "share" and its "error" (one standard error).

    Examples
    --------
    >>> found = double_spend(0.3, 2, attacks=200)
    >>> found["attacks"], 0.2 < found["share"] < 0.4
    (200, True)
    """
    rules: dict[str, Any] = {"difficulty": 1_000.0, "relay": False}
    honest = {id: ProofOfWork(power=250 * (1 - q), **rules) for id in range(2, 6)}
    attacker = PrivateMiner(power=1_000 * q, confirmations=confirmations, **rules)
    sim = Simulation({1: attacker, **honest}, Network(latency=1e-4), seed=seed, trace="outline")
    ends: list[bool] = []
    until = 0.0
    while len(ends) < attacks:
        until += 20.0 * attacks
        ends = ["blocks" in facts for _, _, facts in said(sim.run(until), "reverted", "gave up")]
    reverted = sum(ends[:attacks])
    share = reverted / attacks
    return {
        "attacks": attacks,
        "reverted": reverted,
        "share": share,
        "error": sqrt(share * (1 - share) / attacks),
    }


def selfish_pool(alpha: float, gamma: float, blocks: int = 2_000, seed: int = 1) -> float:
    """The share of the main chain of a selfish pool, with real blocks and ten honest miners.

    Examples
    --------
    >>> 0.3 < selfish_pool(0.4, 0.0, blocks=1_000) < 0.6
    True
    """
    rules: dict[str, Any] = {"difficulty": 1_000.0, "relay": False}
    nodes: dict[NodeId, ProofOfWork] = {1: SelfishMiner(power=1_000 * alpha, **rules)}
    nodes |= {id: ProofOfWork(power=100 * (1 - alpha), tie=gamma, **rules) for id in range(2, 12)}
    trace = Simulation(nodes, Network(latency=1e-5), seed=seed, trace="outline").run(float(blocks))
    return block_share(main_chain(trace, node=2)).get(1, 0.0)


def nothing_at_stake(
    attacker: float,
    honest: float,
    *,
    slashing: bool = False,
    confirmations: int = 3,
    slots: int = 300,
    seed: int = 1,
) -> dict[str, Any]:
    """Ten validators: one attacker, some that sign only on the longest chain, the rest on every branch.

    Parameters
    ----------
    attacker, honest
        Shares of the stake.
    slashing
        Whether two signatures for one slot cost the stake.
    confirmations
        Blocks that the attacker wants to revert.
    slots
        How long it has for it.

    Returns
    -------
    dict
        "reverted" (bool), "slots" (how long it took; NaN if it did not happen), "lost" (share
        of all coins that was slashed, on the chain of the attacker's branch or the other, whichever won).

    Examples
    --------
    >>> nothing_at_stake(0.1, 0.0)["reverted"], nothing_at_stake(0.1, 0.9)["reverted"]
    (True, False)
    """
    greedy = round(1 - attacker - honest, 9)
    groups: dict[type[ProofOfStake], float] = {ProofOfStake: honest, SignsEverywhere: greedy}
    stakes: dict[NodeId, float] = {1: attacker}
    kinds: dict[NodeId, type[ProofOfStake]] = {1: BranchStarter}
    for kind, share in groups.items():
        count = round(9 * share / (1 - attacker))
        for id in range(len(stakes) + 1, len(stakes) + count + 1):
            stakes[id], kinds[id] = share / count, kind
    rules: dict[str, Any] = {"stakes": stakes, "slot": 1.0, "slashing": slashing, "relay": False}
    rules["lot"] = f"lot {seed}"
    nodes = {
        id: kind(confirmations=confirmations, **rules) if kind is BranchStarter else kind(**rules)
        for id, kind in kinds.items()
    }
    sim = Simulation(nodes, Network(latency=0.1), seed=seed, trace="outline")
    won = said(sim.run(slots + 20.9), "reverted")
    watcher = sim.nodes[max(stakes)]
    left = sum(watcher.state_after(watcher.tip).coins().values())
    return {
        "reverted": bool(won),
        "slots": float(won[0][2]["slots"]) if won else float("nan"),
        "lost": round(1 - left / sum(stakes.values()), 9),
    }


def identities(count: int, blocks: int = 1_000, seed: int = 1) -> dict[str, float]:
    """One owner with a fifth of all power calls itself ``count`` nodes; four others have a fifth each.

    Returns
    -------
    dict
        Its share of the blocks, if each node has one vote in the lot ("votes"), and if the power decides
        ("power").

    Examples
    --------
    >>> found = identities(16, blocks=500)
    >>> round(found["votes"], 1), round(found["power"], 1)
    (0.8, 0.2)
    """
    own = [f"me-{number}" for number in range(count)]
    others = ["A", "B", "C", "D"]
    powers: dict[NodeId, float] = {name: 200.0 for name in others} | {name: 200.0 / count for name in own}
    shares = {name: power / 1_000 for name, power in powers.items()}
    mined = miners(shares, blocks=blocks, delay=0.1, seed=seed)
    drawn = stakers({name: 1.0 for name in powers}, slots=blocks, delay=0.1, seed=seed)

    def mine(trace: Trace) -> float:
        chain = main_chain(trace)
        return sum(block.writer in own for block in chain) / len(chain)

    return {"votes": mine(drawn), "power": mine(mined)}


def register(reads: str = "local", until: float = 3.0) -> Trace:
    """A register on a ledger of three delegates; blocks reach node 3 late.

    A client at node 1 writes 1 and then 2; one at node 3 reads every half second.

    Parameters
    ----------
    reads
        "local" or "ordered".
    until
        Seconds.

    Examples
    --------
    >>> register("local").operations.query("operation == 'read'").result.tolist()
    [None, 1, 1, 2, 2]
    """
    nodes = {id: LedgerStore(reads=reads, seats=3, candidates=(1, 2), relay=False) for id in (1, 2, 3)}
    calls = [Call(1, 0.1, "put", ("x", 1)), Call(1, 1.1, "put", ("x", 2))]
    calls += [Call(3, 0.45 + 0.5 * number, "get", ("x",)) for number in range(5)]
    late = [SlowLink(sender, 3, at=0.0, until=until, factor=50.0) for sender in (1, 2)]
    return Simulation(nodes, Network(latency=0.01), late, calls).run(until)


def stake_rules() -> dict[str, StakeRules]:
    """The two rules of the course's proof of stake, each with a reward of one coin.

    >>> sorted(stake_rules())
    ['amount', 'amount times age']
    """
    return {
        "amount": StakeRules(reward=1.0),
        "amount times age": StakeRules(reward=1.0, coin_age=True, min_age=3, max_age=60),
    }


def share_of_half(
    rules: StakeRules, names: int, rounds: int = 1_600, runs: int = 200, seed: int = 0
) -> float:
    """What becomes of half of all coins, if their owner spreads them over so many names.

    The other half belongs to 19 owners with 10 coins each.

    Returns
    -------
    float
        Its mean share of the coins after so many blocks.

    Examples
    --------
    >>> aged = stake_rules()["amount times age"]
    >>> share_of_half(aged, 1) < 0.25 < 0.45 < share_of_half(aged, 19)
    True
    """
    stakes = [190.0 / names] * names + [10.0] * 19
    held = stake_rounds(stakes, rounds, rules, runs=runs, seed=seed)
    return float((held[:, :names].sum(axis=1) / held.sum(axis=1)).mean())
