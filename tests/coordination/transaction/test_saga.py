"""Saga: Garcia-Molina and Salem 1987, sentence by sentence."""

from math import inf

import pytest

from distlab.coordination.transaction import eventual_published
from distlab.coordination.transaction.eventual_scenarios import (
    dirty_reads,
    failing_saga,
    interrupted_saga,
    t_shirts,
    transfer,
)
from distlab.coordination.transaction.saga import Do, Orchestrator, Step
from distlab.course import compare, fixtures
from distlab.sim import Call, Simulation

FIXTURES = fixtures(6)


def test_tx_6() -> None:
    """With n = 5 and k = 3: T1 T2 T3x C2 C1."""
    assert (compare("TX-6", eventual_published.saga())["within tolerance"] == "yes").all()


@pytest.mark.parametrize("n", range(1, 9))
def test_k_minus_1_forward_and_k_minus_1_back_for_every_k(n: int) -> None:
    """If step k is refused, k - 1 steps are done, and compensated in reverse order; 4k - 2 messages."""
    for k in range(1, n + 1):
        trace, history = failing_saga(n, k)
        forward = [f"T{step}" for step in range(1, k)]
        back = [f"C{step}" for step in range(k - 1, 0, -1)]
        assert history.split() == [*forward, f"T{k}x", *back]
        assert len(trace.messages) == 2 * k + 2 * (k - 1)
        assert eventual_published.saga(n, k) == {
            "history": history,
            "forward": k - 1,
            "compensations": k - 1,
        }


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_without_a_refusal_n_steps_and_2n_messages(n: int) -> None:
    """Nothing is compensated."""
    trace, history = failing_saga(n, None)
    assert history.split() == [f"T{step}" for step in range(1, n + 1)]
    assert len(trace.messages) == 2 * n


def test_a_step_that_does_not_exist_is_named() -> None:
    """The error says which steps there are."""
    with pytest.raises(ValueError, match="k must be a step from 1 to 5, or None; got 6"):
        failing_saga(5, 6)


def test_the_transfer_of_the_course() -> None:
    """200 move from A to B, and the sum is kept."""
    assert transfer("saga").balances == FIXTURES["transfer"].values["after"]


def test_the_t_shirts_of_the_course() -> None:
    """The stock is too small: the order is taken back."""
    run = t_shirts("saga")
    assert run.balances == {"order": 0, "stock": 80}
    assert run.trace.records.query("event == 'settle'").outcome.tolist() == [
        FIXTURES["t_shirts"].values["outcome"]
    ]


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("recovery", ["forward", "backward"])
def test_the_orchestrator_may_crash_at_every_step(recovery: str, refused: bool) -> None:
    """Whenever it crashes: forward recovery ends as without a crash, backward recovery with nothing done."""
    rows = interrupted_saga(recovery, refused=refused, every=0.001)
    assert {row.before for row in rows} == {"", "T1", *(["T1 T2x"] if refused else [])}
    for row in rows:
        committed = recovery == "forward" and not refused
        assert row.outcome == ("commit" if committed else "abort")
        assert row.balances == ({"A": 600, "B": 800} if committed else {"A": 800, "B": 600})


def test_backward_recovery_compensates_the_step_that_was_under_way() -> None:
    """Nobody knows whether it was done, so its compensation is asked for, too."""
    histories = {row.history for row in interrupted_saga("backward", every=0.001)}
    assert histories == {"T1? C1", "T1 T2? C2 C1"}


def test_after_the_pivot_a_refused_step_is_tried_again() -> None:
    """The third attempt of step 3 succeeds; nothing is compensated."""
    nodes = {"saga": Orchestrator(["A", "P", "B"], pivot=2), "A": Step(), "P": Step(), "B": Step(refuses=2)}
    sim = Simulation(nodes, workload=[Call("saga", 0.0, "start", (1,))])
    sim.run()
    assert sim.nodes["saga"].history(1) == "T1 T2 T3x T3x T3"


def test_up_to_the_pivot_a_refused_step_turns_the_saga_back() -> None:
    """The pivot itself may be refused."""
    nodes = {"saga": Orchestrator(["A", "P", "B"], pivot=2), "A": Step(), "P": Step(refuses=inf), "B": Step()}
    sim = Simulation(nodes, workload=[Call("saga", 0.0, "start", (1,))])
    sim.run()
    assert sim.nodes["saga"].history(1) == "T1 T2x C1"


def test_there_is_no_isolation() -> None:
    """Between two steps everybody sees 1200; if the saga turns back, they saw what never came to be."""
    total = FIXTURES["transfer"].values["total"]
    for refused in (False, True):
        _, reads = dirty_reads(refused)
        assert {read.total for read in reads} == {total - 200, total}
        assert (reads[0].total, reads[-1].total) == (total, total)
    assert reads[-1].A == reads[0].A == 800


def test_a_command_that_comes_again_gets_the_same_answer_and_has_no_effect() -> None:
    """Two commands for the same step: one effect."""
    nodes = {"saga": Orchestrator(["A"]), "A": Step(800, -200)}
    calls = [Call("saga", 0.0, "start", (1,)), Call("saga", 0.02, "send", ("A", Do(1, 1, 1)))]
    sim = Simulation(nodes, workload=calls)
    trace = sim.run()
    assert (trace.messages.type == "Done").sum() == 2
    assert (trace.records.event == "do").sum() == 1
    assert sim.nodes["A"].balance == 600


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"steps": []}, "steps must name at least one participant"),
        ({"steps": ["A"], "pivot": 2}, "pivot must be a step from 1 to 1, or None; got 2"),
        ({"steps": ["A"], "recovery": "sideways"}, 'recovery must be "forward" or "backward"'),
        ({"steps": ["A"], "patience": 0}, "patience"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, object], sentence: str) -> None:
    """Each error names the argument and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        Orchestrator(**arguments)  # type: ignore[arg-type]
