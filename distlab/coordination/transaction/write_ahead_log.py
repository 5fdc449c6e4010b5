"""A log that is written ahead: what a node will need after a crash is on disk before it acts on it.

J. Gray, *Notes on data base operating systems*, 1978, sections 5.7 and 5.8.

The rule::

    force(record):  write the record and all that stand before it, and wait;
                    when they are on disk: after_<kind>(transaction)
    write(record):  put it into the buffer, and go on;
                    a later force, or the passing of time, brings it to disk
    crash:          the buffer is lost, the log is not
    on_recover():   read the log

Cost: each force takes ``force_time`` seconds, one after the other, for there is one disk.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from distlab.sim import Node
from distlab.sim.distributions import seconds

__all__ = ["LogRecord", "LoggedNode"]


class LogRecord(NamedTuple):
    """One record of a log.

    Attributes
    ----------
    kind : str
        Such as "prepared" or "commit".
    transaction
        Its name; None for what belongs to none.
    facts : tuple
        What else has to be known after a crash.
    """

    kind: str
    transaction: Any
    facts: tuple[Any, ...] = ()


class LoggedNode(Node):
    """A node with a log on disk.

    Recorded are "force" and "write", with ``entry`` (the kind) and ``transaction``.

    Parameters
    ----------
    force_time
        Seconds that a forced write takes.
    lazy_time
        Seconds after which a record that was only written is on disk, too.

    References
    ----------
    Gray 1978.

    Examples
    --------
    >>> from distlab.sim import Crash, Simulation, cluster
    >>> class Writer(LoggedNode):
    ...     def on_start(self):
    ...         self.write("first", "T")
    ...         self.force("second", "T")
    ...         self.after(0.02, self.write, "third", "T")
    ...     def after_second(self, transaction):
    ...         self.record("safe", entries=len(self.log))
    >>> sim = Simulation(cluster(Writer, 1), faults=[Crash(1, at=0.03)])
    >>> sim.run().records.event.tolist()
    ['write', 'force', 'safe', 'write']
    >>> [entry.kind for entry in sim.nodes[1].log]
    ['first', 'second']
    """

    stable: ClassVar[tuple[str, ...]] = ("log",)

    def __init__(self, *, force_time: float = 0.005, lazy_time: float = 0.1) -> None:
        self.force_time = seconds(force_time, "force_time")
        self.lazy_time = seconds(lazy_time, "lazy_time")
        self.log: list[LogRecord] = []
        self.buffer: list[LogRecord] = []  # written, and not on disk yet

    def force(self, kind: str, transaction: Any, *facts: Any) -> None:
        """Write a record, and go on in ``after_<kind>(transaction)`` when it is on disk."""
        self.buffer.append(LogRecord(kind, transaction, facts))
        self.record("force", entry=kind, transaction=transaction)
        self.work(self.force_time, self.reach_disk, len(self.log) + len(self.buffer))

    def write(self, kind: str, transaction: Any, *facts: Any) -> None:
        """Write a record that may be lost in a crash."""
        self.buffer.append(LogRecord(kind, transaction, facts))
        self.record("write", entry=kind, transaction=transaction)
        self.after(self.lazy_time, self.reach_disk, len(self.log) + len(self.buffer))

    def reach_disk(self, length: int) -> None:
        """The log has this length now, or is longer already."""
        for _ in range(length - len(self.log)):
            self.put_on_disk(self.buffer.pop(0))

    def put_on_disk(self, entry: LogRecord) -> None:
        """A record is safe; the method ``after_<kind>`` says what follows from that, if anything does."""
        self.log.append(entry)
        then = getattr(self, f"after_{entry.kind}", None)
        if then is not None:
            then(entry.transaction)
