"""Presumed commit: two-phase commit that says and writes less when it commits.

C. Mohan, B. Lindsay and R. Obermarck 1986, section 4.

The rule, where it differs from :mod:`.two_phase`::

    before phase 1:  the coordinator forces collecting, with the names of all participants
    commit:          the coordinator forces its record; nobody else does, nobody acknowledges,
                     the coordinator forgets at once
    on Inquire:      not known here: Commit
    only reads:      Vote read, unlock, write nothing; all only read: the coordinator writes commit, lazily
    it comes back:   collecting and no decision in the log: abort, and tell all

Without the collecting record a coordinator that crashed while it was collecting votes would know nothing of
the transaction afterwards, and presume that it was committed.

Cost of a commit with N participants: 3N messages, N + 2 forced writes. Of an abort with one no: 4N - 2
messages, 2N forced writes.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .two_phase import Round, TwoPhaseCommit

__all__ = ["PresumedCommit"]


class PresumedCommit(TwoPhaseCommit):
    """A site of two-phase commit with presumed commit; parameters as for :class:`TwoPhaseCommit`.

    References
    ----------
    Mohan, Lindsay and Obermarck 1986, section 4.

    Examples
    --------
    >>> from distlab.sim import Simulation, cluster
    >>> trace = Simulation(cluster(PresumedCommit, 4, transactions=1)).run(until=1.0)
    >>> len(trace.messages), trace.records.event.tolist().count("force")
    (9, 5)
    """

    coordinator_forces: ClassVar[tuple[str, ...]] = ("commit",)
    participant_forces: ClassVar[tuple[str, ...]] = ("abort",)
    acknowledged: ClassVar[tuple[str, ...]] = ("abort",)
    presumed: ClassVar[str] = "commit"
    reads_apart = True

    def open_round(self, transaction: Any) -> None:
        self.force("collecting", transaction, *self.rounds[transaction].wanted)

    def after_collecting(self, transaction: Any) -> None:
        self.ask_for_votes(transaction)

    def all_only_read(self, transaction: Any) -> None:
        self.write("commit", transaction)
        self.tell(transaction)

    def recover_rounds(self) -> None:
        """Who was collecting aborts; commits need nothing more."""
        collecting = {}
        for kind, transaction, facts in self.log:
            if kind == "collecting":
                collecting[transaction] = facts
            elif kind in ("commit", "end"):
                del collecting[transaction]
        for transaction, participants in collecting.items():
            self.become("leader")
            self.rounds[transaction] = Round({}, "deciding", decision="abort", audience=participants)
            self.tell(transaction)
