"""What one decision costs, by each protocol, is what its formula says; and what the package exports."""

import importlib

from distlab.coordination import consensus
from distlab.coordination.consensus import MUTANTS, messages_beside_formula
from distlab.sim import Node


def test_every_protocol_costs_what_its_formula_says() -> None:
    """Exact, for 4, 5, 7 and 10 nodes."""
    table = messages_beside_formula((4, 5, 7, 10))
    assert table.formula.tolist() == table.measured.tolist()
    assert len(table) == 16


def test_liars_cost_more_than_crashes() -> None:
    """Among the same nodes, PBFT bears fewer faults for more messages than Paxos, and OM(f) most of all."""
    table = messages_beside_formula((7, 10)).set_index(["n", "protocol"]).measured
    for n, om in ((7, "OM(2)"), (10, "OM(3)")):
        assert table[n, "Multi-Paxos"] < table[n, "Paxos"] < table[n, "PBFT"] < table[n, om]


def test_mutants_say_what_they_break() -> None:
    """Each has a name and a class of its own, which is derived from the sound one."""
    assert len({(mutant.base, mutant.name) for mutant in MUTANTS}) == len(MUTANTS)
    assert len({mutant.kind for mutant in MUTANTS}) == len(MUTANTS)
    assert all(issubclass(mutant.kind, mutant.base) for mutant in MUTANTS)
    assert all(mutant.source and mutant.safeguard and mutant.breaks for mutant in MUTANTS)


def test_every_name_that_is_exported_is_there() -> None:
    """And the classes are nodes."""
    module = importlib.import_module(consensus.__name__)
    assert all(hasattr(module, name) for name in consensus.__all__)
    for kind in (consensus.Paxos, consensus.MultiPaxos, consensus.OralMessages, consensus.Pbft):
        assert issubclass(kind, Node)
