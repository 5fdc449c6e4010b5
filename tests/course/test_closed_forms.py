"""The published numbers and the course's worked numbers follow from their formulas."""

from fractions import Fraction
from math import ceil, comb, exp, factorial, log, log2, sqrt

import pytest

from distlab.course import fixtures, published


def flat(figure_id):
    """Return a figure's values by quantity."""
    return published(figure_id).flat()


def number(text):
    """Return the number after the last = sign: 5 for "n=5", 0.1 for "q=0.1"."""
    return float(text.split("=")[-1])


def harmonic(n):
    """Return 1 + 1/2 + ... + 1/n."""
    return sum(1 / k for k in range(1, n + 1))


def test_amdahl_and_gustafson():
    """DT-8 is Amdahl's and Gustafson's law at p = .95."""
    for n in (10, 100):
        assert published("DT-8").values["amdahl"][f"N={n}"] == round(1 / (0.05 + 0.95 / n), 3)
        assert published("DT-8").values["gustafson"][f"N={n}"] == pytest.approx(n - 0.05 * (n - 1))


def test_single_server_queue():
    """LB-2 is 1/(1-rho) and ln 100; LB-4 is the Pollaczek-Khinchine formula."""
    figure = published("LB-2").values
    assert figure["p99_over_mean"] == round(log(100), 3)
    for key, mean in figure["mean_response"].items():
        assert mean == pytest.approx(1 / (1 - number(key)))
    wait = published("LB-4").values
    for key in wait["constant_service_wait"]:
        rho = number(key)
        assert wait["constant_service_wait"][key] == pytest.approx(rho * 1 / (2 * (1 - rho)))
        assert wait["exponential_service_wait"][key] == pytest.approx(rho * 2 / (2 * (1 - rho)))


@pytest.mark.parametrize(("a", "c"), [(8, 10), (9, 10), (1.6, 2)])
def test_erlang_c(a, c):
    """LB-3 is Erlang's C and the mean wait C / (c - a)."""
    top = a**c / factorial(c) * c / (c - a)
    waits = top / (sum(a**k / factorial(k) for k in range(c)) + top)
    assert published("LB-3").values["wait_probability"][f"a={a}, c={c}"] == round(waits, 5)
    assert published("LB-3").values["mean_wait"][f"a={a}, c={c}"] == round(waits / (c - a), 5)


def test_fan_out_and_majorities():
    """LB-8 is 1-(1-p)^n; CAP-1 is the binomial probability of a majority at p = .9."""
    assert published("LB-8").values["slow_share"] == {
        "n=100, p=0.01": round(1 - 0.99**100, 3),
        "n=2000, p=0.0001": round(1 - 0.9999**2000, 3),
    }
    for n in (3, 5, 7):
        up = sum(comb(n, k) * 0.9**k * 0.1 ** (n - k) for k in range(n // 2 + 1, n + 1))
        assert published("CAP-1").values["availability"][f"n={n}"] == pytest.approx(up, abs=1e-9)


def test_mutual_exclusion_messages():
    """MX-1 to MX-3 follow from their formulas."""
    for n in (5, 10):
        assert flat("MX-1")[f"lamport/N={n}"] == 3 * (n - 1)
        assert flat("MX-1")[f"ricart_agrawala/N={n}"] == flat("MX-2")[f"most/N={n}"] == 2 * (n - 1)
        assert flat("MX-1")[f"suzuki_kasami_without_token/N={n}"] == n
    for n in (9, 16, 25, 100):
        k = 2 * int(sqrt(n)) - 1
        assert flat("MX-3")[f"quorum_size/N={n}"] == k
        assert flat("MX-3")[f"uncontended/N={n}"] == 3 * (k - 1)
        assert flat("MX-3")[f"contended_at_most/N={n}"] == 5 * (k - 1)


@pytest.mark.parametrize(
    ("tree", "n"), [("star", 10), ("star", 31), ("star", 100), ("binary_tree", 10), ("binary_tree", 31)]
)
def test_raymond(tree, n):
    """MX-5 is twice the mean distance of two nodes of a star or a binary tree, to a quarter of its 1 %."""

    def distance(i, j):
        if tree == "star":
            return 0 if i == j else 1 if 1 in (i, j) else 2
        steps = 0
        while i != j:
            i, j, steps = (i // 2, j, steps + 1) if i > j else (i, j // 2, steps + 1)
        return steps

    mean = sum(distance(i, j) for i in range(1, n + 1) for j in range(1, n + 1)) / n**2
    assert flat("MX-5")[f"{tree}/N={n}"] == pytest.approx(2 * mean, rel=0.0025)


def test_ring_elections():
    """LE-1 is n H_n between 2n-1 and n(n+1)/2; LE-2 is 8n(1 + ceil(log2 n))."""
    digits = {3: 1, 5: 5, 8: 6, 16: 4, 100: 3}
    for n, places in digits.items():
        assert flat("LE-1")[f"mean/n={n}"] == round(n * harmonic(n), places)
    for n in (3, 5, 8):
        assert flat("LE-1")[f"best/n={n}"] == 2 * n - 1
        assert flat("LE-1")[f"worst/n={n}"] == n * (n + 1) // 2
    for key, bound in flat("LE-2").items():
        n = int(number(key))
        assert bound == 8 * n * (1 + ceil(log2(n)))


def test_bully_messages():
    """LE-3: from i on each node sends Election to all above and gets Alive from the live; then Victory."""
    for key, count in flat("LE-3").items():
        group, start = key.split("/")
        n, i = int(number(group)), int(number(start))
        elections = sum(n - j for j in range(i, n))
        alive = sum(n - 1 - j for j in range(i, n))
        victory = n - 2
        assert count == elections + alive + victory == (n - i) ** 2 + n - 2


def test_raft_timers():
    """RAFT-6 is the law of the smallest of s uniform timers."""
    assert flat("RAFT-6")["mean/s=4"] == pytest.approx(1 / 5)
    assert flat("RAFT-6")["mean/s=5"] == pytest.approx(1 / 6)
    assert flat("RAFT-6")["P(M_4 <= 0.25)"] == round(1 - 0.75**4, 4)


def test_zab_example():
    """The example of lecture 04 is the same in the worked numbers and in the published figures."""
    worked, figure = fixtures(4)["zab"].values, published("ZAB").values
    assert worked["leader"] == figure["leader"] == 3
    assert worked["messages_per_round"] == figure["messages_per_round"]["n=3"] == 3 * 2
    assert figure["messages_per_round"]["n=5"] == 5 * 4
    assert list(worked["votes_round_1"].values()) == list(figure["votes_round_1"].values())
    assert list(worked["votes_round_2"].values()) == list(figure["votes_round_2"].values())


def test_nakamoto():
    """POW-1 is the program at the end of section 11 of the paper."""
    for key, value in flat("POW-1").items():
        q, z = (number(part) for part in key.split("/"))
        p, mean = 1 - q, z * q / (1 - q)
        fails = sum(exp(-mean) * mean**k / factorial(k) * (1 - (q / p) ** (z - k)) for k in range(int(z) + 1))
        assert value == round(1 - fails, 7)


def test_true_race():
    """POW-3 is a race: the attacker has k blocks when the others have z, and must still catch up."""
    for key, value in flat("POW-3").items():
        q, z = Fraction("1/10"), int(number(key))
        p = 1 - q
        loses = sum(comb(k + z - 1, k) * (p**z * q**k - p**k * q**z) for k in range(z))
        assert value == pytest.approx(float(1 - loses), abs=1e-12)


def test_selfish_mining():
    """POW-5/6 is equation 8, and at the threshold the revenue equals the power."""

    def revenue(a, g):
        return (a * (1 - a) ** 2 * (4 * a + g * (1 - 2 * a)) - a**3) / (1 - a * (1 + (2 - a) * a))

    for key, value in flat("POW-5/6").items():
        group, name = key.split("/")
        if group == "threshold":
            g = number(name)
            assert value == pytest.approx((1 - g) / (3 - 2 * g))
            if value:
                assert revenue(value, g) == pytest.approx(value)
        else:
            assert value == round(revenue(number(name), number(group)), 6)


def test_ledger_messages():
    """POW-7, PBFT-1 and BYZ-1 follow from their formulas."""
    assert flat("POW-7")["fork_share/12.6 s of 600 s"] == round(1 - exp(-12.6 / 600), 4)
    for n in (4, 7, 10):
        request, pre_prepare, prepare, commit, reply = 1, n - 1, (n - 1) ** 2, n * (n - 1), n
        assert flat("PBFT-1")[f"messages/n={n}"] == request + pre_prepare + prepare + commit + reply
    assert flat("BYZ-1")["messages/n=4, m=1"] == 3 + 3 * 2
    assert flat("BYZ-1")["messages/n=7, m=2"] == 6 + 6 * 5 + 6 * 5 * 4


def test_transactions():
    """TX-1, TX-4 and TX-8 follow from their formulas."""
    for n in (3, 5):
        assert flat("TX-1")[f"messages/N={n}"] == 4 * n
        assert flat("TX-1")[f"messages_without_acknowledgement/N={n}"] == 3 * n
        assert flat("TX-1")[f"forced_log_writes/N={n}"] == 2 * n + 1
        assert flat("TX-4")[f"messages/N={n}"] == 6 * n
        assert flat("TX-4")[f"messages_without_last_acknowledgement/N={n}"] == 5 * n
    for p in (0.1, 0.5):
        assert flat("TX-8")[f"effects_without_idempotence/p={p}"] == pytest.approx(1000 / (1 - p))


def test_locks():
    """MX-8 counts one wake-up per waiter left; LK-1 is TTL minus elapsed minus drift."""
    assert flat("MX-8")["all_watch_the_lock/n=10"] == sum(range(10))
    assert flat("MX-8")["watch_the_predecessor/n=10"] == 10 - 1
    for key, value in published("LK-1").values["validity"].items():
        ttl, elapsed, drift = (number(part) for part in key.split(","))
        assert value == ttl - elapsed - drift
    assert published("LK-1").values["servers_needed"]["N=5"] == 5 // 2 + 1


def test_training():
    """DT-1, DT-2, DT-4, DT-6 and DT-7 follow from their formulas."""
    for n in (2, 4, 8, 64):
        assert flat("DT-1")[f"sent_over_size/N={n}"] == 2 * (n - 1) / n
        assert flat("DT-1")[f"steps/N={n}"] == 2 * (n - 1)
    n, size, a, b = 8, 1_000_000, 1e-4, 1e-9
    assert flat("DT-2")["ring_seconds"] == pytest.approx(2 * (n - 1) * a + 2 * (n - 1) / n * size * b)
    assert flat("DT-2")["server_bytes"] == 2 * n * size
    for m in (8, 32):
        assert flat("DT-4")[f"bubble/K=4, M={m}"] == round(3 / (m + 3), 4)
    steps = published("DT-6").values["step_time"]
    assert steps == {
        "N=10": round(harmonic(10), 3),
        "N=100": round(harmonic(100), 3),
        "96+4": round(harmonic(100) - harmonic(4), 3),
    }
    for s in (0, 1, 3):
        assert flat("DT-7")[f"largest_gap/s={s}"] == s + 1


def test_mutual_exclusion_fixture():
    """Lecture 03: 2(n-1) messages per entry, 2n(n-1) when all n ask at once."""
    values = fixtures(3)["distributed"].values
    for n in (3, 5, 10):
        assert values["messages_per_entry"][str(n)] == 2 * (n - 1)
        assert values["messages_all_at_once"][str(n)] == 2 * n * (n - 1)


def test_transfer_fixture():
    """Lecture 06: the transfer keeps the sum."""
    values = fixtures(6)["transfer"].values
    before, after = values["before"], values["after"]
    assert sum(before.values()) == sum(after.values()) == values["total"]
    assert before["A"] - after["A"] == after["B"] - before["B"] == values["amount"]


def test_slots_fixture():
    """Lecture 10: the three ranges cover the 16384 slots without gap or overlap."""
    values = fixtures(10)["slots"].values
    covered = [
        slot for node in (1, 2, 3) for slot in range(values[f"node_{node}"][0], values[f"node_{node}"][1] + 1)
    ]
    assert covered == list(range(values["slots"]))


def test_fairness_fixtures():
    """Lecture 12: DRF levels the dominant shares; max-min fills the small demands and splits the rest."""
    values = fixtures(12)["drf"].values
    total = list(values["capacity"].values())
    used = [sum(values["tasks"][u] * values["demand"][u][r] for u in ("a", "b")) for r in (0, 1)]
    assert used == list(values["used"].values())
    for user in ("a", "b"):
        share = max(values["tasks"][user] * values["demand"][user][r] / total[r] for r in (0, 1))
        assert values["dominant_share"][user] == share == 2 / 3
    fair = fixtures(12)["max_min"].values
    assert sum(fair["shares"]) == fair["capacity"]
    level = max(fair["shares"])
    assert fair["shares"] == [min(demand, level) for demand in fair["demands"]]


def test_smooth_weights_fixture():
    """Lecture 28: smooth weighted round robin gives a a b a c a a."""
    values = fixtures(28)["smooth_weights"].values
    current = dict.fromkeys(values["weights"], 0)
    order = []
    for _ in range(7):
        for name, weight in values["weights"].items():
            current[name] += weight
        best = max(current, key=current.__getitem__)
        current[best] -= sum(values["weights"].values())
        order.append(best)
    assert order == values["order"]


def test_phi_fixture():
    """Lecture 31: phi is minus the decimal logarithm of the normal tail."""
    from math import erfc, log10

    values = fixtures(31)["phi"].values
    for at, phi in values["phi"].items():
        late = (float(at) - values["mean"]) / values["standard_deviation"]
        assert phi == round(-log10(0.5 * erfc(late / sqrt(2))), 2)


def test_quorum_fixture():
    """The special on consistency names the choices with W + R = N + 1."""
    values = fixtures("S1")["quorums"].values
    assert values["choices"] == [[w, values["n"] + 1 - w] for w in (3, 2, 1)]
