"""Multi-Paxos: a log of commands, each slot chosen by Paxos, under a leader who prepares all of them at once.

L. Lamport, *The Part-Time Parliament*, ACM TOCS 16(2), 1998, section 3; *Paxos Made Simple*, 2001, section 3.

The rule::

    follower    has heard no leader for a time-out: a later ballot b; Prepare(b, first) to all, where first is
                the first slot of which it does not know the command
    acceptor    on Prepare(b, first), b not below its promise: promise b, for all slots;
                Promise(b, all proposals that it accepted in slots from first on)
    leader      Promise(b) from a majority: for each slot from first to the last one that a promise names,
                Accept(b, slot, v): v is the latest proposal in the promises, or a no-op if there is none;
                then, for each command that comes: Accept(b, next slot, command)
    acceptor    on Accept(b, slot, v), b not below its promise: accept it, answer Accepted(b, slot)
    leader      Accepted(b, slot) from a majority: chosen
    everybody   carries out what is chosen, slot by slot, without a gap; a command that comes again, under
                another slot, is passed over: the numbers of a client's commands grow
    leader      says in each message up to which slot all is chosen; a follower that accepted these slots in
                the same ballot knows the commands, and asks for the others

So phase 1 happens once per leader, and a command costs phase 2 alone. Each node is also the client of its own
commands: it hands them to the leader, and again when they are not carried out in time.

On disk are promises, acceptances, the log, and the state that it led to; nothing is ever cut off.

Cost: 2(n-1) messages for a command of the leader's, one more for one of a follower; 2(n-1) for a new leader,
and 2(n-1) for each slot that it finds open; n-1 for each heartbeat. A command is known at the leader after a
round trip, at the followers with the leader's next message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from distlab.sim import Distribution, Node, NodeId, Operation, Timer, Uniform, message
from distlab.sim.distributions import as_distribution, seconds

from .paxos import NO_BALLOT, Ballot
from .pbft_normal import register

__all__ = ["NO_OP", "MultiPaxos"]

Command = tuple[Any, int, Any]  # (client, its number, operation)
Proposals = tuple[tuple[int, Ballot, Any], ...]  # (slot, ballot, command)

NO_OP = "no-op"


@message
class Prepare:
    """Promise me all slots, and tell me what you have accepted from this one on."""

    ballot: tuple[int, Any]
    first: int


@message
class Promise:
    """I promise; these are my proposals (slot, ballot, command)."""

    ballot: tuple[int, Any]
    proposals: tuple[tuple[int, tuple[int, Any], Any], ...]


@message
class Accept:
    """Accept this command in this slot; and all slots up to ``chosen`` are chosen."""

    ballot: tuple[int, Any]
    slot: int
    command: Any
    chosen: int


@message
class Accepted:
    """I have."""

    ballot: tuple[int, Any]
    slot: int


@message
class Reject:
    """I have promised a later ballot."""

    promised: tuple[int, Any]


@message
class Heartbeat:
    """I lead, and all slots up to ``chosen`` are chosen."""

    ballot: tuple[int, Any]
    chosen: int


@message
class Submit:
    """Here is a command of mine."""

    command: tuple[Any, int, Any]


@message
class Ask:
    """What was chosen, from this slot on?"""

    first: int


@message
class Chosen:
    """That: pairs (slot, command)."""

    log: tuple[tuple[int, Any], ...]


class MultiPaxos(Node):
    """A replica of the log, and the client of its own commands.

    Roles are "follower", "candidate" and "leader", each with its ``ballot``. Recorded are "apply" (index,
    value) for each slot that is carried out, and "execute" (client, timestamp) when a command changes the
    state. Commands are operations in the trace.

    Parameters
    ----------
    operations
        What its client asks for, one after the other: ("write", value) or ("read",); :meth:`request` adds
        more.
    timeout
        Seconds, or a distribution of seconds, without a leader after which a node stands for election.
    heartbeat
        Seconds between a leader's heartbeats.
    patience
        Seconds after which a client hands its command in again.

    Raises
    ------
    ValueError
        If one of these is not a duration, or is 0.

    References
    ----------
    Lamport 2001, section 3.

    Examples
    --------
    >>> from distlab.sim import Simulation
    >>> nodes = {1: MultiPaxos([("write", 7), ("read",)]), 2: MultiPaxos(), 3: MultiPaxos()}
    >>> trace = Simulation(nodes, seed=1).run(until=1.0)
    >>> trace.operations[["operation", "result"]].values.tolist()
    [['write', None], ['read', 7]]
    >>> trace.records.query("event == 'apply' and node == 3")["index"].tolist()
    [1.0, 2.0]
    """

    stable: ClassVar[tuple[str, ...]] = (
        "accepted",
        "answers",
        "applied",
        "log",
        "operations",
        "promised",
        "serial",
        "state",
    )

    def __init__(
        self,
        operations: Iterable[Any] = (),
        *,
        timeout: Distribution | float = Uniform(0.15, 0.3),  # noqa: B008 - it cannot change
        heartbeat: float = 0.05,
        patience: float = 0.2,
    ) -> None:
        self.timeout = as_distribution(timeout, "timeout")
        self.heartbeat = seconds(heartbeat, "heartbeat", "more than 0")
        self.patience = seconds(patience, "patience", "more than 0")
        # as an acceptor
        self.promised: Ballot = NO_BALLOT
        self.accepted: dict[int, tuple[Ballot, Any]] = {}  # slot -> (ballot, command)
        # as a learner
        self.log: dict[int, Any] = {}  # slot -> the command that was chosen
        self.applied = 0
        self.state: Any = None
        self.answers: dict[NodeId, tuple[int, Any]] = {}  # client -> (number, result) of its last command
        # as a leader, or on the way
        self.heard: Ballot = NO_BALLOT
        self.ballot: Ballot = NO_BALLOT
        self.leader: NodeId | None = None
        self.promises: dict[NodeId, Proposals] = {}
        self.proposed: dict[int, Any] = {}  # slot -> command, in this ballot
        self.acceptances: dict[int, set[NodeId]] = {}
        self.overdue: list[int] = []  # slots that were open at the last heartbeat
        self.beat: Timer | None = None
        self.election: Timer
        # as a client
        self.operations = list(operations)  # not yet carried out
        self.serial = 0
        self.current: Command | None = None
        self.operation: Operation
        self.retry: Timer

    def on_start(self) -> None:
        self.become("follower", ballot=self.promised)
        self.election = self.after(self.timeout.sample(self.rng), self.stand)
        self.retry = self.after(self.patience, self.submit)
        self.ask_next()

    # --- the client

    def request(self, operation: Any) -> None:
        """One more operation; a call of the outside world."""
        self.operations.append(operation)
        if self.current is None:
            self.ask_next()

    def ask_next(self) -> None:
        if self.operations:
            what = self.operations[0]
            self.serial += 1
            self.current = (self.id, self.serial, what)
            self.operation = self.invoke(what[0], value=what[1] if len(what) > 1 else None)
            self.submit()
        else:
            self.current = None
            self.retry.cancel()

    def submit(self) -> None:
        self.retry.reset(self.patience)
        if self.current is not None and self.role == "leader":
            self.take(self.current)
        elif self.current is not None and self.leader is not None:
            self.send(self.leader, Submit(self.current))

    # --- messages

    def on_submit(self, msg: Submit, sender: NodeId) -> None:
        if self.role == "leader":
            self.take(msg.command)

    def on_prepare(self, msg: Prepare, sender: NodeId) -> None:
        if self.may_promise(msg.ballot):
            self.promise(msg.ballot)
            self.send(sender, Promise(msg.ballot, self.proposals_from(msg.first)))
        else:
            self.send(sender, Reject(self.promised))

    def on_promise(self, msg: Promise, sender: NodeId) -> None:
        if self.role == "candidate" and msg.ballot == self.ballot:
            self.promises[sender] = msg.proposals
            if self.is_majority(self.promises):
                self.lead()

    def on_accept(self, msg: Accept, sender: NodeId) -> None:
        if self.may_accept(msg.ballot):
            self.follow(sender, msg.ballot)
            self.accept(msg.slot, msg.ballot, msg.command)
            self.send(sender, Accepted(msg.ballot, msg.slot))
            self.learn_up_to(msg.chosen, msg.ballot, sender)
        else:
            self.send(sender, Reject(self.promised))

    def on_accepted(self, msg: Accepted, sender: NodeId) -> None:
        if self.role == "leader" and self.is_of_this_ballot(msg.ballot) and msg.slot in self.proposed:
            self.count_acceptance(msg.slot, sender)

    def on_reject(self, msg: Reject, sender: NodeId) -> None:
        if msg.promised > self.ballot and self.role != "follower":
            self.give_way(msg.promised)

    def on_heartbeat(self, msg: Heartbeat, sender: NodeId) -> None:
        if msg.ballot >= self.promised:
            self.follow(sender, msg.ballot)
            self.learn_up_to(msg.chosen, msg.ballot, sender)
        else:
            self.send(sender, Reject(self.promised))

    def on_ask(self, msg: Ask, sender: NodeId) -> None:
        self.send(sender, Chosen(tuple([pair for pair in sorted(self.log.items()) if pair[0] >= msg.first])))

    def on_chosen(self, msg: Chosen, sender: NodeId) -> None:
        for slot, command in msg.log:
            self.choose(slot, command)

    # --- rules: the acceptor

    def may_promise(self, ballot: Ballot) -> bool:
        return ballot >= self.promised

    def may_accept(self, ballot: Ballot) -> bool:
        return ballot >= self.promised

    def promise(self, ballot: Ballot) -> None:
        self.promised = ballot
        if ballot != self.ballot:
            self.give_way(ballot)

    def proposals_from(self, first: int) -> Proposals:
        return tuple([(slot, *self.accepted[slot]) for slot in sorted(self.accepted) if slot >= first])

    def accept(self, slot: int, ballot: Ballot, command: Any) -> None:
        self.accepted[slot] = (ballot, command)

    # --- rules: the candidate and the leader

    def stand(self) -> None:
        self.ballot = (max(self.promised, self.heard)[0] + 1, self.id)
        self.leader = None
        self.become("candidate", ballot=self.ballot)
        self.election.reset(self.timeout.sample(self.rng))
        self.promise(self.ballot)
        self.promises = {self.id: self.proposals_from(self.applied + 1)}
        self.broadcast(Prepare(self.ballot, self.applied + 1))
        if self.is_majority(self.promises):
            self.lead()

    def lead(self) -> None:
        self.become("leader", ballot=self.ballot)
        self.leader = self.id
        self.election.cancel()
        self.proposed, self.acceptances, self.overdue = {}, {}, []
        for slot, command in self.to_propose_again(self.promises).items():
            self.propose(slot, command)
        self.say_heartbeat()
        self.beat = self.every(self.heartbeat, self.say_heartbeat)
        self.submit()

    def to_propose_again(self, promises: Mapping[NodeId, Proposals]) -> dict[int, Any]:
        """For each slot up to the last one named, the command of the latest proposal, or a no-op."""
        latest: dict[int, tuple[Ballot, Any]] = {}
        for told in promises.values():
            for slot, ballot, command in told:
                if slot not in latest or self.is_later(ballot, latest[slot][0]):
                    latest[slot] = (ballot, command)
        return self.without_gaps({slot: latest[slot][1] for slot in sorted(latest)})

    def is_later(self, ballot: Ballot, other: Ballot) -> bool:
        return ballot > other

    def without_gaps(self, commands: dict[int, Any]) -> dict[int, Any]:
        last = max(commands, default=self.applied)
        return {slot: commands.get(slot, NO_OP) for slot in range(self.applied + 1, last + 1)}

    def take(self, command: Command) -> None:
        """Give a command the next slot, unless it has one."""
        if command not in self.proposed.values():
            self.propose(max([self.applied, *self.log, *self.proposed]) + 1, command)

    def propose(self, slot: int, command: Any) -> None:
        self.proposed[slot] = command
        self.acceptances[slot] = set()
        self.accept(slot, self.ballot, command)
        self.broadcast(Accept(self.ballot, slot, command, self.applied))
        self.count_acceptance(slot, self.id)

    def count_acceptance(self, slot: int, acceptor: NodeId) -> None:
        self.acceptances[slot].add(acceptor)
        if self.is_majority(self.acceptances[slot]):
            self.choose(slot, self.proposed[slot])

    def say_heartbeat(self) -> None:
        self.broadcast(Heartbeat(self.ballot, self.applied))
        still_open = [slot for slot in self.proposed if slot not in self.log]
        for slot in still_open:
            if slot in self.overdue:  # open since the last heartbeat: something was lost
                silent = [peer for peer in self.peers if peer not in self.acceptances[slot]]
                self.broadcast(Accept(self.ballot, slot, self.proposed[slot], self.applied), silent)
        self.overdue = still_open

    def is_of_this_ballot(self, ballot: Ballot) -> bool:
        return ballot == self.ballot

    def is_majority(self, nodes: Collection[NodeId]) -> bool:
        return 2 * len(nodes) > len(self.peers) + 1

    # --- rules: the follower

    def follow(self, leader: NodeId, ballot: Ballot) -> None:
        self.promised = ballot
        if self.role != "follower":
            self.give_way(ballot)
        self.election.reset(self.timeout.sample(self.rng))
        if self.leader != leader:
            self.leader = leader
            self.submit()

    def give_way(self, ballot: Ballot) -> None:
        self.heard = max(self.heard, ballot)
        self.leader = None
        if self.beat is not None:
            self.beat.cancel()
            self.beat = None
        if self.role != "follower":
            self.become("follower", ballot=ballot)
        self.election.reset(self.timeout.sample(self.rng))

    def learn_up_to(self, last: int, ballot: Ballot, leader: NodeId) -> None:
        """The leader says that all is chosen up to here; what it has said in this ballot is known."""
        for slot in range(self.applied + 1, last + 1):
            if slot not in self.log and self.is_known(slot, ballot):
                self.choose(slot, self.accepted[slot][1])
        if self.applied < last:
            self.ask(leader)

    def is_known(self, slot: int, ballot: Ballot) -> bool:
        return slot in self.accepted and self.accepted[slot][0] == ballot

    def ask(self, leader: NodeId) -> None:
        self.send(leader, Ask(self.applied + 1))

    # --- rules: the learner

    def choose(self, slot: int, command: Any) -> None:
        if slot > self.applied:
            self.log[slot] = command
            self.carry_out()

    def carry_out(self) -> None:
        while self.applied + 1 in self.log:
            self.apply(self.applied + 1)

    def apply(self, slot: int) -> None:
        self.applied = max(self.applied, slot)
        command = self.log[slot]
        self.record("apply", index=slot, value=command)
        if command == NO_OP:
            return
        client, serial, operation = command
        if self.is_new(client, serial):
            self.state, result = register(self.state, operation)
            self.answers[client] = (serial, result)
            self.record("execute", client=client, timestamp=serial)
        if command == self.current:
            self.operation.complete(self.answers[client][1])
            self.operations.pop(0)
            self.ask_next()

    def is_new(self, client: NodeId, serial: int) -> bool:
        """Not executed before: the numbers of a client's commands grow."""
        return serial > self.answers.get(client, (0, None))[0]
