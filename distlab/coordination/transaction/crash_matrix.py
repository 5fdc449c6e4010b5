"""A crash at every step of an atomic commit protocol, and what then becomes of the transaction.

A step is a message that a node sends, or a record that reaches its buffer or its disk. The steps are read
from a run without faults; then the run is repeated for each of them, and the node stops right before the
step, or right after it: it sends, writes and notes nothing more. So a crash falls between two messages of one
broadcast, too. A partition can fall at the same moments.

============= ======================================================================
outcome       at the end of the run
============= ======================================================================
committed     every participant committed, or is down and will hear of it
aborted       nobody committed, and nobody who is up is in doubt
blocked       somebody who is up is in doubt
diverged      one committed and another aborted
============= ======================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from distlab.sim import Constant, Crash, Network, Node, NodeId, Partition, Recover, Simulation, Trace

from .site import Site
from .termination import ThreePhaseTermination
from .three_phase import ThreePhaseCommit
from .two_phase import TwoPhaseCommit
from .write_ahead_log import LogRecord

__all__ = [
    "CrashedAt",
    "CrashedTwice",
    "Step",
    "crash_matrix",
    "crash_pairs",
    "crashed_run",
    "outcome_of",
    "partition_matrix",
    "steps_of",
    "summary",
]

Protocol = type[TwoPhaseCommit] | type[ThreePhaseCommit]
_MOMENTS = ("before", "after")
_SOON = 1e-9  # seconds between the stop of a node and its crash
_DONE = 1_000_000  # the count of steps of a node that has come back: it does not stop again


class Step(NamedTuple):
    """One step of a node, in a run without faults.

    Attributes
    ----------
    number : int
        1, 2, ...
    time : float
        Seconds.
    what : str
        Such as "send Prepare to 2" or "commit on disk".
    """

    number: int
    time: float
    what: str


class CrashedAt(NamedTuple):
    """A run with a crash (or a partition) at one step.

    Attributes
    ----------
    step : Step
        The step.
    moment : str
        "before" or "after".
    outcome : str
        "committed", "aborted", "blocked" or "diverged".
    states : dict
        Participant -> "committed", "aborted", "in doubt" or "idle" (it never voted yes), in the end.
    blocked_time : float
        The longest time in seconds that a participant that is up was in doubt.
    """

    step: Step
    moment: str
    outcome: str
    states: dict[NodeId, str]
    blocked_time: float


class _Stepping(Site):
    """Counts the steps of a node, and stops it at one of them."""

    stop_before: ClassVar[int] = 0
    stop_after: ClassVar[int] = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.steps = 0
        self.stopped = False

    def on_recover(self) -> None:
        self.steps = _DONE
        super().on_recover()

    def begins_step(self, what: str) -> bool:
        if self.stopped:
            return False
        self.steps += 1
        if self.steps == self.stop_before:
            self.stopped = True
            return False
        self.record("step", number=self.steps, what=what)
        return True

    def ends_step(self) -> None:
        self.stopped = self.stopped or self.steps == self.stop_after

    def send(self, to: NodeId, msg: Any) -> None:
        if self.begins_step(f"send {type(msg).__name__} to {to}"):
            super().send(to, msg)
            self.ends_step()

    def broadcast(self, msg: Any, to: Any = None) -> None:
        for each in self.peers if to is None else to:
            self.send(each, msg)

    def write(self, kind: str, transaction: Any, *facts: Any) -> None:
        if self.begins_step(f"{kind} in the buffer"):
            super().write(kind, transaction, *facts)
            self.ends_step()

    def put_on_disk(self, entry: LogRecord) -> None:
        if self.begins_step(f"{entry.kind} on disk"):
            self.log.append(entry)
            self.ends_step()
            then = getattr(self, f"after_{entry.kind}", None)
            if then is not None and not self.stopped:
                then(entry.transaction)

    def record(self, event: str, **facts: Any) -> None:
        if not self.stopped:
            super().record(event, **facts)

    def become(self, role: str, **facts: Any) -> None:
        if not self.stopped:
            super().become(role, **facts)


def _stepping(kind: Protocol, **where: int) -> Protocol:
    """The class with its steps counted."""
    stable = (*kind.stable, "steps")
    return type(kind.__name__, (_Stepping, kind), {"stable": stable, **where})


def _run(
    kind: Protocol,
    participants: int,
    faults: Sequence[Any],
    until: float,
    options: Mapping[str, Any],
    stops: Mapping[NodeId, Mapping[str, int]],
) -> tuple[Simulation, Trace]:
    """A run in which the steps of some nodes are counted, and end where ``stops`` says."""
    nodes: dict[NodeId, Node] = {
        id: (_stepping(kind, **stops[id]) if id in stops else kind)(transactions=1, **options)
        for id in range(1, participants + 2)
    }
    sim = Simulation(nodes, network=Network(latency=Constant(0.01)), faults=faults)
    return sim, sim.run(until=until)


def steps_of(kind: Protocol, victim: NodeId = 1, participants: int = 3, **options: Any) -> list[Step]:
    """The steps of one node in a run without faults, in which all vote yes.

    Parameters
    ----------
    kind
        A protocol, such as :class:`TwoPhaseCommit`.
    victim
        1 is the coordinator, 2, 3, ... the participants.
    participants
        How many.
    options
        Arguments of each node.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> [step.what for step in steps_of(TwoPhaseCommit, victim=2)]
    ['prepared on disk', 'send Vote to 1', 'committed on disk', 'send Acknowledge to 1']
    """
    _, trace = _run(kind, participants, [], 1.0, options, {victim: {}})
    found = trace.records[trace.records["event"] == "step"]
    return [
        Step(int(number), float(time), what)
        for number, time, what in zip(found["number"], found["time"], found["what"], strict=True)
    ]


def crash_matrix(
    kind: Protocol,
    victim: NodeId = 1,
    *,
    participants: int = 3,
    back_after: float | None = None,
    until: float = 8.0,
    **options: Any,
) -> list[CrashedAt]:
    """One run per step of one node and side of it: the node crashes there.

    Parameters
    ----------
    kind, victim, participants, options
        As for :func:`steps_of`.
    back_after
        Seconds after which the node comes back; None: it stays down.
    until
        Seconds at which a run ends, and is judged.

    Returns
    -------
    list of CrashedAt
        In the order of the steps; before, then after each.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> found = crash_matrix(TwoPhaseCommit)
    >>> [f"{one.moment} {one.step.what}" for one in found if one.outcome == "blocked"][:2]
    ['after send Prepare to 4', 'before commit on disk']
    """
    found = []
    for step in steps_of(kind, victim, participants, **options):
        for moment in _MOMENTS:
            sim, trace = _crashed(kind, victim, step, moment, participants, back_after, until, options)
            found.append(CrashedAt(step, moment, *_judged(sim, trace, participants)))
    return found


def crashed_run(
    kind: Protocol,
    number: int,
    moment: str = "after",
    victim: NodeId = 1,
    *,
    participants: int = 3,
    back_after: float | None = None,
    until: float = 2.0,
    **options: Any,
) -> Trace:
    """One run of the matrix, to look at.

    Parameters
    ----------
    kind, victim, participants, back_after, until, options
        As for :func:`crash_matrix`.
    number
        The number of the step, 1 for the first; one that is too large means the last.
    moment
        "before" or "after" it.

    Raises
    ------
    ValueError
        If ``moment`` is something else.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> crashed_run(TwoPhaseCommit, 2).messages.query("sender == 1").receiver.tolist()
    [2, 3]
    """
    if moment not in _MOMENTS:
        raise ValueError(f'moment must be "before" or "after"; got {moment!r}.')
    steps = steps_of(kind, victim, participants, **options)
    step = steps[min(number, len(steps)) - 1]
    return _crashed(kind, victim, step, moment, participants, back_after, until, options)[1]


def _crashed(
    kind: Protocol,
    victim: NodeId,
    step: Step,
    moment: str,
    participants: int,
    back_after: float | None,
    until: float,
    options: Mapping[str, Any],
) -> tuple[Simulation, Trace]:
    stops, faults = _stop(victim, step, moment, back_after)
    return _run(kind, participants, faults, until, options, stops)


def _stop(
    victim: NodeId, step: Step, moment: str, back_after: float | None
) -> tuple[dict[NodeId, dict[str, int]], list[Any]]:
    """Where a node stops, and the crash that follows."""
    faults: list[Any] = [Crash(victim, at=step.time + _SOON)]
    if back_after is not None:
        faults.append(Recover(victim, at=step.time + back_after))
    return {victim: {f"stop_{moment}": step.number}}, faults


class CrashedTwice(NamedTuple):
    """A run in which two nodes crashed, each at a step of its own.

    Attributes
    ----------
    first, second : tuple of Step and str
        The step of each node, and "before" or "after".
    outcome : str
        As for :class:`CrashedAt`.
    states : dict
        As for :class:`CrashedAt`.
    """

    first: tuple[Step, str]
    second: tuple[Step, str]
    outcome: str
    states: dict[NodeId, str]


def crash_pairs(
    kind: Protocol,
    victims: tuple[NodeId, NodeId] = (1, 2),
    *,
    participants: int = 3,
    back_after: tuple[float | None, float | None] = (1.0, 1.7),
    until: float = 12.0,
    **options: Any,
) -> list[CrashedTwice]:
    """One run per pair of steps of two nodes: both crash, each at its step.

    If the first crash keeps the second node from its step, that node crashes at the time of the step.

    Parameters
    ----------
    kind, participants, until, options
        As for :func:`crash_matrix`.
    victims
        The two nodes.
    back_after
        Seconds after which each comes back; None: it stays down.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> sorted({one.outcome for one in crash_pairs(TwoPhaseCommit, participants=2)})
    ['aborted', 'committed']
    """
    points = [
        [(step, moment) for step in steps_of(kind, victim, participants, **options) for moment in _MOMENTS]
        for victim in victims
    ]
    found = []
    for one in points[0]:
        for other in points[1]:
            stops, faults = _stop(victims[0], *one, back_after[0])
            more_stops, more_faults = _stop(victims[1], *other, back_after[1])
            sim, trace = _run(
                kind, participants, [*faults, *more_faults], until, options, {**stops, **more_stops}
            )
            outcome, states, _ = _judged(sim, trace, participants)
            found.append(CrashedTwice(one, other, outcome, states))
    return found


def partition_matrix(
    kind: Protocol,
    group: Sequence[NodeId],
    *,
    participants: int = 3,
    heals_after: float | None = None,
    until: float = 8.0,
    **options: Any,
) -> list[CrashedAt]:
    """One run per step of any node and side of it: some nodes are cut off from the others then.

    Parameters
    ----------
    kind, participants, until, options
        As for :func:`crash_matrix`.
    group
        Who is cut off; 1 is the coordinator.
    heals_after
        Seconds after which the partition heals; None: it stays.

    Examples
    --------
    >>> from distlab.coordination.transaction import ThreePhaseCommit
    >>> "diverged" in [one.outcome for one in partition_matrix(ThreePhaseCommit, group=[2])]
    True
    """
    found = []
    for victim in range(1, participants + 2):
        for step in steps_of(kind, victim, participants, **options):
            for moment, at in (("before", step.time), ("after", step.time + _SOON)):
                heals = None if heals_after is None else at + heals_after
                cut = Partition([list(group)], at=at, until=heals)
                sim, trace = _run(kind, participants, [cut], until, options, {})
                found.append(CrashedAt(step, moment, *_judged(sim, trace, participants)))
    return sorted(found, key=lambda one: (one.step.time, one.moment == "after"))


def _judged(sim: Simulation, trace: Trace, participants: int) -> tuple[str, dict[NodeId, str], float]:
    sites = range(2, participants + 2)
    states = {site: _state(sim.nodes[site].log) for site in sites}
    up = [site for site in sites if sim.up(site)]
    times = _doubts(trace, [site for site in up if states[site] == "in doubt"], up)
    return outcome_of(states, up), states, round(max(times, default=0.0), 3)


def _state(log: Sequence[LogRecord]) -> str:
    kinds = [entry.kind for entry in log if entry.transaction is not None]
    for kind, state in (("committed", "committed"), ("aborted", "aborted"), ("prepared", "in doubt")):
        if kind in kinds:
            return state
    return "idle"


def outcome_of(states: Mapping[NodeId, str], up: Sequence[NodeId]) -> str:
    """What became of a transaction.

    Parameters
    ----------
    states
        Participant -> "committed", "aborted", "in doubt" or "idle".
    up
        Who is up.

    Examples
    --------
    >>> outcome_of({2: "committed", 3: "in doubt"}, up=[2]), outcome_of({2: "in doubt"}, up=[2])
    ('committed', 'blocked')
    """
    seen = list(states.values())
    if "committed" in seen and ("aborted" in seen or "idle" in seen):
        return "diverged"
    if any([states[site] == "in doubt" for site in up]):
        return "blocked"
    return "committed" if "committed" in seen else "aborted"


def _doubts(trace: Trace, still: Sequence[NodeId], up: Sequence[NodeId]) -> list[float]:
    """Seconds from each yes to the decision (to the end, if ``still`` in doubt), at those who are up."""
    began: dict[NodeId, float] = {}
    found = []
    records = trace.records
    for time, node, event in zip(records["time"], records["node"], records["event"], strict=True):
        if event == "vote":
            began.setdefault(node, time)
        elif event == "decide" and node in began:
            found.append((node, time - began.pop(node)))
    found += [(node, trace.end - time) for node, time in began.items() if node in still]
    return [float(seconds) for node, seconds in found if node in up]


def summary(participants: int = 3) -> dict[str, dict[str, int]]:
    """The matrix of lecture 14: how many runs end in which way, with a crash or a partition at every step.

    The coordinator crashes, or node 2 is cut off, in one run per step and side of it.

    Examples
    --------
    >>> summary(participants=2)["2PC"]
    {'committed': 7, 'aborted': 3, 'blocked': 4, 'diverged': 0}
    """
    size = {"participants": participants}
    found = {
        "2PC": crash_matrix(TwoPhaseCommit, **size),
        "2PC, the coordinator comes back": crash_matrix(TwoPhaseCommit, back_after=1.0, **size),
        "2PC under a partition": partition_matrix(TwoPhaseCommit, [2], **size),
        "3PC, time-outs": crash_matrix(ThreePhaseCommit, **size),
        "3PC, termination protocol": crash_matrix(ThreePhaseTermination, **size),
        "3PC, time-outs, under a partition": partition_matrix(ThreePhaseCommit, [2], **size),
        "3PC, termination protocol, under a partition": partition_matrix(ThreePhaseTermination, [2], **size),
    }
    ends = ("committed", "aborted", "blocked", "diverged")
    return {
        name: {end: sum([one.outcome == end for one in runs]) for end in ends} for name, runs in found.items()
    }
