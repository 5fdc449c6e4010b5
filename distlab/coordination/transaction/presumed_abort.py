"""Presumed abort: two-phase commit that says and writes less when it aborts, and nothing when it only reads.

C. Mohan, B. Lindsay and R. Obermarck 1986, section 3; the form that XA and most systems use.

The rule, where it differs from :mod:`.two_phase`::

    abort:          nobody forces a record, nobody acknowledges, the coordinator forgets at once
    on Inquire:     not known here: Abort
    only reads:     Vote read, unlock, write nothing; phase 2 is without it
    all only read:  no record at all, no phase 2

Cost of a commit with N participants: 4N messages, 2N + 1 forced writes. Of an abort with one no: 3N - 1
messages, and no forced write besides the N - 1 of the prepared. Of one that only reads: 2N messages, no
write.
"""

from __future__ import annotations

from typing import ClassVar

from .two_phase import TwoPhaseCommit

__all__ = ["PresumedAbort"]


class PresumedAbort(TwoPhaseCommit):
    """A site of two-phase commit with presumed abort; parameters as for :class:`TwoPhaseCommit`.

    References
    ----------
    Mohan, Lindsay and Obermarck 1986, section 3.

    Examples
    --------
    >>> from distlab.sim import Call, Simulation
    >>> sites = [PresumedAbort({"A": 10}, transactions=0) for _ in range(4)]
    >>> read = Call(1, 0.0, "begin", ("R", {2: {"A": 0}, 3: {"A": 0}, 4: {"A": 0}}))
    >>> trace = Simulation(sites, workload=[read]).run()
    >>> len(trace.messages), trace.records.event.tolist().count("force")
    (6, 0)
    """

    coordinator_forces: ClassVar[tuple[str, ...]] = ("commit",)
    participant_forces: ClassVar[tuple[str, ...]] = ("commit",)
    acknowledged: ClassVar[tuple[str, ...]] = ("commit",)
    reads_apart = True
