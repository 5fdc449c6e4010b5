"""Raft, sentence by sentence. "Figure 2" and sections are those of Ongaro and Ousterhout 2014."""

from typing import Any

import pytest

from distlab.coordination.election.raft import (
    AppendEntries,
    AppendEntriesReply,
    PreVote,
    PreVoteReply,
    Raft,
    RequestVote,
    RequestVoteReply,
)
from distlab.sim import (
    Constant,
    Crash,
    Exponential,
    Isolate,
    Network,
    Node,
    Outage,
    Partition,
    Simulation,
    Trace,
    Uniform,
    cluster,
)

SERVER = 1  # the server under test in a scene
ALWAYS = Constant(1.0)  # a time-out that is not drawn


class Actor(Node):
    """A peer that says what its script says, and remembers what it hears."""

    def __init__(self, script: tuple[tuple[float, Any], ...] = ()) -> None:
        self.script = script
        self.heard: list[Any] = []

    def on_start(self) -> None:
        for at, msg in self.script:
            self.after(at, self.say, msg)

    def say(self, msg: Any) -> None:
        self.send(SERVER, msg)

    def hear(self, msg: Any, sender: Any) -> None:
        self.heard.append(msg)

    on_request_vote = on_request_vote_reply = on_append_entries = on_append_entries_reply = hear
    on_pre_vote = on_pre_vote_reply = hear


def play(server: Raft, *scripts: list[tuple[float, Any]], until: float = 0.9, **options: Any) -> Simulation:
    """Run one server (id 1) against actors (ids 2, 3, ...), one for each script; a message takes 10 ms."""
    sim = Simulation([server, *(Actor(tuple(script)) for script in scripts)], **options)
    sim.run(until=until)
    return sim


def heard(sim: Simulation, id: int) -> list[Any]:
    """What an actor has heard."""
    node = sim.nodes[id]
    assert isinstance(node, Actor)
    return node.heard


def server(sim: Simulation) -> Raft:
    """The server under test."""
    node = sim.nodes[SERVER]
    assert isinstance(node, Raft)
    return node


def ask(term: int, candidate: int = 2, index: int = 0, last_term: int = 0) -> RequestVote:
    """A request for a vote."""
    return RequestVote(term, candidate, index, last_term)


def leaders(trace: Trace) -> list[tuple[int, int]]:
    """(node, term) of each leader, in order."""
    roles = trace.roles[trace.roles.role == "leader"]
    return list(zip(roles.node, roles.term, strict=True))


# --- terms, section 5.1


def test_servers_start_as_followers() -> None:
    """When servers start up, they begin as followers of term 0."""
    first = Simulation(cluster(Raft, 5)).run(until=0.1).roles
    assert first[["node", "role", "term"]].values.tolist() == [[id, "follower", 0] for id in range(1, 6)]


@pytest.mark.parametrize(
    "msg", [ask(7), RequestVoteReply(7, False), AppendEntries(7, 2), AppendEntriesReply(7, False)]
)
def test_a_smaller_term_is_updated_to_the_larger(msg: Any) -> None:
    """A server that sees a larger term in any message, request or reply, takes it over."""
    assert server(play(Raft(timeout=ALWAYS), [(0.1, msg)])).current_term == 7


@pytest.mark.parametrize(
    "msg", [ask(7), RequestVoteReply(7, False), AppendEntries(7, 2), AppendEntriesReply(7, False)]
)
@pytest.mark.parametrize("votes", [0, 1], ids=["candidate", "leader"])
def test_an_outdated_candidate_or_leader_steps_down(msg: Any, votes: int) -> None:
    """A candidate or leader that learns that its term is out of date becomes follower at once."""
    grants = [(1.05, RequestVoteReply(1, True))] * votes
    sim = play(Raft(timeout=ALWAYS), [*grants, (1.1, msg)], [], until=1.105)
    assert server(sim).role == ("leader" if votes else "candidate")
    sim.run(until=1.115)
    assert (server(sim).role, server(sim).current_term) == ("follower", 7)


def test_a_deposed_leader_is_quiet() -> None:
    """A leader that stepped down sends no more heartbeats, and stands again after a time-out of its own."""
    script = [(1.02, RequestVoteReply(1, True)), (1.1, AppendEntries(7, 2))]
    sim = play(Raft(timeout=ALWAYS, heartbeat=0.01), script, [], until=2.2)
    sent = sim.trace.messages.query("type == 'AppendEntries' and sender == 1").sent
    assert sent.max() == pytest.approx(1.10)
    assert sim.trace.roles.query(
        "node == 1 and role == 'candidate' and term == 8"
    ).start.item() == pytest.approx(2.11)


def test_a_stale_request_is_rejected() -> None:
    """A request of an earlier term is rejected, and the answer names the current one."""
    sim = play(Raft(timeout=ALWAYS), [(0.1, AppendEntries(5, 2)), (0.2, ask(4)), (0.3, AppendEntries(4, 2))])
    assert heard(sim, 2) == [
        AppendEntriesReply(5, True),
        RequestVoteReply(5, False),
        AppendEntriesReply(5, False),
    ]


def test_terms_never_decrease() -> None:
    """The term of every server only grows, through crashes too."""
    faults = [Outage(id, at=0.3 * id, until=0.3 * id + 0.2) for id in range(1, 6)]
    roles = Simulation(cluster(Raft, 5), faults=faults, seed=3).run(until=4.0).roles
    assert all(terms.is_monotonic_increasing for _, terms in roles.groupby("node").term)


# --- elections, section 5.2


def test_a_follower_that_hears_nothing_stands_for_election() -> None:
    """A follower that hears nothing for an election time-out enters the next term, votes for itself and asks
    all others for their votes.
    """
    sim = play(Raft(timeout=ALWAYS, log=(1, 1, 2)), [], [], until=1.05)
    assert (server(sim).role, server(sim).current_term, server(sim).voted_for) == ("candidate", 3, SERVER)
    assert heard(sim, 2) == heard(sim, 3) == [RequestVote(3, SERVER, 3, 2)]


@pytest.mark.parametrize("msg", [AppendEntries(1, 2), ask(1)], ids=["heartbeat", "granted vote"])
def test_a_follower_waits_anew(msg: Any) -> None:
    """A heartbeat of the current leader, or granting a vote, starts the election time-out anew."""
    sim = play(Raft(timeout=ALWAYS), [(0.5, msg)], until=3.0)
    assert sim.trace.roles.query("role == 'candidate'").start.iloc[0] == pytest.approx(1.51)


@pytest.mark.parametrize(
    "msg",
    [ask(9), AppendEntries(1, 2), RequestVoteReply(2, True), AppendEntriesReply(3, False)],
    ids=["refused vote", "outdated leader", "vote", "reply"],
)
def test_nothing_else_makes_a_follower_wait(msg: Any) -> None:
    """A refused request, an outdated leader's heartbeat and replies do not start the time-out anew."""
    sim = play(Raft(timeout=ALWAYS, log=(2, 2)), [(0.5, msg)], until=3.0)
    assert sim.trace.roles.query("role == 'candidate'").start.iloc[0] == pytest.approx(1.0)


def test_one_vote_per_term_first_come_first_served() -> None:
    """In each term a server votes for one candidate only: the first that asks."""
    sim = play(
        Raft(timeout=ALWAYS), [(0.1, ask(1, 2)), (0.3, ask(2, 2))], [(0.2, ask(1, 3)), (0.4, ask(2, 3))]
    )
    assert heard(sim, 2) == [RequestVoteReply(1, True), RequestVoteReply(2, True)]
    assert heard(sim, 3) == [RequestVoteReply(1, False), RequestVoteReply(2, False)]


def test_the_same_request_gets_the_same_vote() -> None:
    """A request that comes twice is granted twice, and is one vote."""
    sim = play(Raft(timeout=ALWAYS), [(0.1, ask(1)), (0.2, ask(1))], [])
    assert heard(sim, 2) == [RequestVoteReply(1, True)] * 2
    assert len(sim.trace.records.query("event == 'vote'")) == 1


@pytest.mark.parametrize("n", range(1, 8))
def test_a_candidate_needs_a_majority_of_the_full_cluster(n: int) -> None:
    """A candidate wins with the votes of more than half of all servers, itself included, and not before."""
    needed = next(votes for votes in range(n + 1) if votes > n / 2)
    for granted in range(n):  # besides its own
        scripts = [[(1.02, RequestVoteReply(1, voter <= granted))] for voter in range(1, n)]
        role = server(play(Raft(timeout=ALWAYS), *scripts, until=1.5)).role
        assert role == ("leader" if 1 + granted >= needed else "candidate")


def test_votes_are_counted_per_voter() -> None:
    """A vote that arrives twice counts once."""
    twice = [(1.02, RequestVoteReply(1, True)), (1.03, RequestVoteReply(1, True))]
    sim = play(Raft(timeout=ALWAYS), twice, [], [], [], until=1.5)
    assert server(sim).role == "candidate"


def test_votes_of_an_earlier_term_do_not_count() -> None:
    """A majority must vote in the same term: what was granted in term 1 is worth nothing in term 2."""
    sim = play(Raft(timeout=ALWAYS), [(2.02, RequestVoteReply(1, True))], [], until=2.5)
    assert (server(sim).role, server(sim).current_term) == ("candidate", 2)


def test_a_new_leader_speaks_at_once_and_then_regularly() -> None:
    """Who wins sends heartbeats to all others, at once and then in every interval."""
    script = [(1.02, RequestVoteReply(1, True))]
    sim = play(Raft(timeout=ALWAYS, heartbeat=0.1), script, [], until=1.25)
    sent = sim.trace.messages.query("type == 'AppendEntries'")
    assert sent.receiver.tolist() == [2, 3] * 3
    assert sent.sent.tolist() == pytest.approx([1.03, 1.03, 1.13, 1.13, 1.23, 1.23])
    assert heard(sim, 2)[-1] == AppendEntries(1, SERVER)


@pytest.mark.parametrize(("term", "role"), [(0, "candidate"), (1, "follower"), (2, "follower")])
def test_a_candidate_recognises_a_legitimate_leader(term: int, role: str) -> None:
    """A candidate follows a leader of its own or a later term; one of an earlier term it rejects."""
    sim = play(Raft(timeout=ALWAYS), [(1.1, AppendEntries(term, 2))], [], until=1.5)
    assert server(sim).role == role
    assert heard(sim, 2)[-1] == AppendEntriesReply(max(term, 1), role == "follower")


def test_a_candidate_stands_again_after_a_split_vote() -> None:
    """Where votes are split, a candidate times out and stands again, in the next term."""
    sim = play(Raft(timeout=ALWAYS), [], [], until=3.5)
    candidacies = sim.trace.roles.query("role == 'candidate'")
    assert candidacies[["start", "term"]].values.tolist() == [[1.0, 1], [2.0, 2], [3.0, 3]]


def test_timeouts_are_drawn_anew() -> None:
    """A candidate draws a new time-out for each election, evenly from the interval."""
    sim = play(Raft(timeout=Uniform(0.15, 0.30)), [], [], until=60.0)
    waits = sim.trace.roles.query("role == 'candidate'").start.diff().dropna()
    assert waits.between(0.15, 0.30).all()
    assert waits.nunique() == len(waits) > 200
    assert waits.mean() == pytest.approx(0.225, abs=3 * 0.15 / (12 * len(waits)) ** 0.5)


def test_without_randomness_votes_split_for_ever() -> None:
    """If all wait for the same time, all stand at the same time, and nobody ever wins."""
    trace = Simulation(cluster(Raft, 5, timeout=0.15)).run(until=15.0)
    assert leaders(trace) == []
    assert trace.roles.term.max() == pytest.approx(100, abs=1)


def test_an_election_without_rivals_takes_two_messages_per_other_server() -> None:
    """n-1 requests and n-1 replies elect a leader; with Pre-Vote twice as many."""
    for n in (3, 5, 8, 25):
        for pre_vote in (False, True):
            nodes = {1: Raft(timeout=0.1, heartbeat=1.0, pre_vote=pre_vote)}
            nodes |= {id: Raft(timeout=1.0, pre_vote=pre_vote) for id in range(2, n + 1)}
            sent = Simulation(nodes).run(until=0.3).messages.type.value_counts()
            pairs = {"AppendEntries": n - 1, "AppendEntriesReply": n - 1}
            pairs |= {"RequestVote": n - 1, "RequestVoteReply": n - 1}
            pairs |= {"PreVote": n - 1, "PreVoteReply": n - 1} if pre_vote else {}
            assert sent.to_dict() == pairs


def test_a_cluster_of_one_leads_itself() -> None:
    """One server is a majority of one, and needs no message."""
    for pre_vote in (False, True):
        trace = Simulation(cluster(Raft, 1, timeout=ALWAYS, pre_vote=pre_vote)).run(until=5.0)
        assert leaders(trace) == [(1, 1)]
        assert trace.messages.empty


# --- faults


def test_a_crashed_leader_is_replaced() -> None:
    """When the leader falls silent, another server leads a later term."""
    for seed in range(20):
        first, second = leaders(
            Simulation(cluster(Raft, 5), faults=[Crash("leader", at=1.0)], seed=seed).run(until=3.0)
        )[-2:]
        assert second[0] != first[0]
        assert second[1] > first[1]


def test_a_returning_server_stays_follower() -> None:
    """A server that comes back finds the leader and follows it; the leader does not change."""
    for seed in range(20):
        faults = [Outage("leader", at=1.0, until=2.5)]
        sim = Simulation(cluster(Raft, 5), faults=faults, seed=seed)
        before = leaders(sim.run(until=2.5))
        assert leaders(sim.run(until=5.0)) == before


def test_no_majority_no_leader() -> None:
    """With three of five servers down nobody can win, however long the others try."""
    faults = [Crash(id, at=0.0) for id in (1, 2, 3)]
    assert leaders(Simulation(cluster(Raft, 5), faults=faults).run(until=20.0)) == []


def test_the_minority_side_of_a_partition_elects_nobody() -> None:
    """A leader that is cut off with one other keeps its term; only the majority side elects, in a later term;
    and when the partition ends, the old leader follows.
    """
    for seed in range(20):
        sim = Simulation(cluster(Raft, 5), seed=seed)
        sim.run(until=1.0)
        old = sim.node("leader")
        assert isinstance(old, Raft)
        term, other = old.current_term, old.peers[0]
        sim.inject(Partition([[old.id, other]], at=1.0, until=3.0))
        sim.run(until=2.999)
        assert (old.role, old.current_term) == ("leader", term)
        sim.run(until=4.0)
        assert old.role == "follower"
        winners = [node for node, won in leaders(sim.trace) if won > term]
        assert winners
        assert not {old.id, other} & set(winners)


# --- persistence, figure 2


def test_term_and_vote_survive_a_crash() -> None:
    """current_term and voted_for are on disk before a vote is answered: a server that crashed in between
    votes for nobody else in the same term.
    """
    sim = play(
        Raft(timeout=ALWAYS),
        [(0.1, ask(3, 2)), (0.5, ask(3, 2))],
        [(0.4, ask(3, 3))],
        faults=[Outage(SERVER, at=0.2, until=0.3)],
    )
    assert heard(sim, 2) == [RequestVoteReply(3, True), RequestVoteReply(3, True)]
    assert heard(sim, 3) == [RequestVoteReply(3, False)]


def test_a_vote_is_answered_when_it_is_written() -> None:
    """With persist=50 ms, the vote leaves 50 ms after the request came; a refusal leaves at once."""
    sim = play(Raft(timeout=ALWAYS, persist=0.05), [(0.1, ask(1, 2))], [(0.11, ask(1, 3))])
    replies = sim.trace.messages.query("type == 'RequestVoteReply'")
    assert replies[["receiver", "sent"]].values.tolist() == [
        [3, pytest.approx(0.12)],
        [2, pytest.approx(0.16)],
    ]


def test_a_crash_while_writing_answers_nothing() -> None:
    """A server that crashes before its vote is written has not voted; asked again, it may."""
    faults = [Outage(SERVER, at=0.13, until=0.2)]
    sim = play(Raft(timeout=ALWAYS, persist=0.05), [(0.1, ask(1)), (0.3, ask(1))], faults=faults)
    assert sim.trace.messages.query("type == 'RequestVoteReply'").sent.tolist() == [pytest.approx(0.36)]


def test_a_candidate_writes_its_vote_while_it_asks() -> None:
    """The requests leave at once; the candidate's own vote counts when it is written (dissertation, 9.3)."""
    sim = play(Raft(timeout=ALWAYS, persist=0.05), [(1.02, RequestVoteReply(1, True))], [], until=1.2)
    assert sim.trace.messages.query("type == 'RequestVote'").sent.tolist() == [1.0, 1.0]
    assert sim.trace.roles.query("role == 'leader'").start.tolist() == [pytest.approx(1.05)]


# --- the log, section 5.4.1


@pytest.mark.parametrize(
    ("own", "last_term", "index", "granted"),
    [
        ((), 0, 0, True),
        ((1,), 0, 0, False),
        ((), 1, 1, True),
        ((1, 1), 1, 2, True),
        ((1, 1), 1, 1, False),  # the same last term: the longer log is more up-to-date
        ((1, 1), 1, 3, True),
        ((1, 1, 1), 2, 1, True),  # different last terms: the later term is more up-to-date
        ((2,), 1, 5, False),
    ],
)
@pytest.mark.parametrize("kind", [RequestVote, PreVote])
def test_a_voter_with_a_fresher_log_refuses(
    own: tuple[int, ...], last_term: int, index: int, granted: bool, kind: Any
) -> None:
    """A voter denies its vote to a candidate whose log is less up-to-date than its own."""
    sim = play(Raft(timeout=ALWAYS, log=own), [(0.1, kind(9, 2, index, last_term))])
    assert heard(sim, 2)[0].vote_granted is granted


def test_only_an_up_to_date_server_can_win() -> None:
    """With logs of lengths 1 to 5, one of the three longest wins every election."""
    for seed in range(50):
        nodes = [Raft(log=(1,) * length) for length in range(1, 6)]
        assert {node for node, _ in leaders(Simulation(nodes, seed=seed).run(until=2.0))} <= {3, 4, 5}


# --- Pre-Vote, dissertation, section 9.6


def test_a_pre_candidate_keeps_its_term() -> None:
    """As long as no majority would vote for it, a server asks again and again, and keeps its term."""
    sim = play(Raft(timeout=ALWAYS, pre_vote=True, log=(3,)), [], [], until=5.5)
    assert (server(sim).role, server(sim).current_term, server(sim).voted_for) == ("pre-candidate", 3, None)
    assert heard(sim, 2) == [PreVote(4, SERVER, 1, 3)] * 5


def test_a_pre_candidate_that_could_win_stands() -> None:
    """With a majority that would vote for it, it increments its term and asks for the votes themselves."""
    sim = play(Raft(timeout=ALWAYS, pre_vote=True), [(1.02, PreVoteReply(0, 1, True))], [], until=1.5)
    assert (server(sim).role, server(sim).current_term) == ("candidate", 1)
    assert heard(sim, 3) == [PreVote(1, SERVER, 0, 0), RequestVote(1, SERVER, 0, 0)]


def test_answers_about_another_term_do_not_count() -> None:
    """What others would have done in an earlier term is no permission for this one."""
    script = [(0.1, AppendEntries(5, 2)), (1.2, PreVoteReply(0, 1, True))]
    sim = play(Raft(timeout=ALWAYS, pre_vote=True), script, [], until=1.5)
    assert server(sim).role == "pre-candidate"


def test_saying_yes_binds_nobody() -> None:
    """A server that would vote for one candidate may say so to another, keeps its term and its timer."""
    sim = play(
        Raft(timeout=ALWAYS, pre_vote=True), [(0.5, PreVote(1, 2, 0, 0))], [(0.6, PreVote(1, 3, 0, 0))]
    )
    assert heard(sim, 2) == heard(sim, 3) == [PreVoteReply(0, 1, True)]
    assert (server(sim).current_term, server(sim).voted_for) == (0, None)
    sim.run(until=1.05)
    assert sim.trace.roles.role.tolist() == ["follower", "pre-candidate"]


@pytest.mark.parametrize(("silence", "would"), [(0.05, False), (0.95, False), (1.05, True)])
def test_who_has_heard_from_a_leader_says_no(silence: float, would: bool) -> None:
    """A server refuses within the smallest election time-out of hearing from a leader."""
    script = [(0.1, AppendEntries(1, 2)), (0.1 + silence, PreVote(2, 2, 0, 0))]
    sim = play(Raft(timeout=Uniform(1.0, 9.0), pre_vote=True), script, until=1.3, seed=2)
    assert heard(sim, 2)[1] == PreVoteReply(1, 2, would)


def test_a_leader_says_no() -> None:
    """A leader would vote for nobody."""
    script = [(1.02, PreVoteReply(0, 1, True)), (1.06, RequestVoteReply(1, True)), (4.0, PreVote(2, 2, 0, 0))]
    sim = play(Raft(timeout=ALWAYS, pre_vote=True), script, [], until=4.1)
    assert server(sim).role == "leader"
    assert PreVoteReply(1, 2, False) in heard(sim, 2)


def test_a_pre_candidate_may_vote() -> None:
    """It has not voted for itself yet, so it votes for a candidate that asks, and waits."""
    sim = play(Raft(timeout=ALWAYS, pre_vote=True, log=(1,)), [(1.2, ask(1, 2, 1, 1))], until=1.5)
    assert heard(sim, 2)[-1] == RequestVoteReply(1, True)
    assert server(sim).role == "follower"


def test_a_pre_candidate_learns_a_higher_term() -> None:
    """A refusal with a higher term updates the term, so that the next question is about the term after it."""
    sim = play(Raft(timeout=ALWAYS, pre_vote=True), [(1.1, PreVoteReply(6, 1, False))], [], until=2.05)
    assert heard(sim, 3)[-1] == PreVote(7, SERVER, 0, 0)


def test_a_cut_off_server_cannot_raise_its_term() -> None:
    """However long it is cut off: its term stays with Pre-Vote, and grows by one per time-out without."""
    for pre_vote in (False, True):
        sim = Simulation(cluster(Raft, 5, pre_vote=pre_vote), faults=[Isolate(5, at=0.0)])
        sim.run(until=10.0)
        node = sim.nodes[5]
        assert isinstance(node, Raft)
        assert node.current_term == 0 if pre_vote else node.current_term > 30


# --- what it is built with


def test_the_default_heartbeat_is_half_of_the_smallest_timeout() -> None:
    """As in the paper's measurements (section 9.3)."""
    assert Raft(timeout=Uniform(0.012, 0.024)).heartbeat == 0.006
    assert Raft(timeout=Constant(0.15)).heartbeat == 0.075
    assert Raft(timeout=0.2, heartbeat=0.05).heartbeat == 0.05


def test_a_log_implies_a_term() -> None:
    """A server with an entry of term 3 in its log has seen term 3."""
    assert Raft(log=[1, 3, 3]).current_term == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"timeout": 0}, r"timeout must be more than 0 seconds, such as Uniform\(0.15, 0.3\); got 0"),
        ({"timeout": -1}, "timeout must be a number of seconds"),
        ({"timeout": (0.15, 0.3)}, r"timeout must be .*; got \(0.15, 0.3\)"),
        (
            {"timeout": Exponential(0.2)},
            r"heartbeat must be given, in seconds: .* 0 for Exponential\(mean=0.2\)",
        ),
        ({"heartbeat": 0}, "heartbeat must be a number of seconds, more than 0; got 0"),
        ({"persist": -0.001}, "persist must be a number of seconds, 0 or more; got -0.001"),
        ({"log": (2, 1)}, r"log must be the terms of its entries, .*; got \(2, 1\)"),
        ({"log": ("x",)}, r"log must be the terms of its entries, .*; got \('x',\)"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], said: str) -> None:
    """A wrong argument is answered by one sentence that says its name, its value, and what would be right."""
    with pytest.raises(ValueError, match=said):
        Raft(**arguments)


def test_an_unreliable_network_only_delays() -> None:
    """Half of all messages lost, and some twice: a leader is found all the same."""
    network = Network(latency=Uniform(0.001, 0.01), loss=0.5, duplication=0.2)
    for seed in range(10):
        assert leaders(Simulation(cluster(Raft, 5), network=network, seed=seed).run(until=10.0))
