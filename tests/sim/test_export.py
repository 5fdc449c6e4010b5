"""A trace as text: JSON lines and ShiViz."""

import json
import re

from distlab.sim import Crash, Network, Node, Simulation, cluster, message
from distlab.sim.export import SHIVIZ_PATTERN


@message
class Ping:
    text: str


class Pinger(Node):
    def on_start(self):
        if self.id in (1, "node one"):
            self.broadcast(Ping("two\nlines"))
            self.become("pinger", names={"b", "a"})

    def on_ping(self, msg, sender):
        self.record("pinged")


def test_json_lines_hold_every_event():
    """Also what did not happen, with its fate."""
    trace = Simulation(cluster(Pinger, 3), Network(latency=0.1), faults=[Crash(3, 0.05)]).run()
    lines = [json.loads(line) for line in trace.to_jsonl().splitlines()]
    assert [line["row"] for line in lines] == [event.row for event in trace.events(happened=False)]
    assert [line for line in lines if line["kind"] == "message"] == [
        {
            "row": 4,
            "time": 0.1,
            "kind": "message",
            "node": 2,
            "what": "Ping(text='two\\nlines')",
            "fate": "received",
            "cause": 1,
            "sender": 1,
            "sent": 0.0,
        },
        {
            "row": 5,
            "time": 0.1,
            "kind": "message",
            "node": 3,
            "what": "Ping(text='two\\nlines')",
            "fate": "down",
            "cause": 1,
            "sender": 1,
            "sent": 0.0,
        },
    ]
    assert (
        next(line for line in lines if line["kind"] == "role")["what"] == "become('pinger', names={'a', 'b'})"
    )
    assert next(line for line in lines if line["kind"] == "fault")["node"] is None


def test_a_shiviz_log_fits_its_pattern():
    """Host and clock on one line, the event on the next; each host counts its own events."""
    nodes = {"node one": Pinger(), "b": Pinger(), 3: Pinger()}
    log = Simulation(nodes, Network(latency=0.1)).run().to_shiviz()
    found = list(re.finditer(SHIVIZ_PATTERN.replace("?<", "?P<"), log))
    assert "".join(match.group() + "\n" for match in found) == log
    assert {match["host"] for match in found} == {"node_one", "b", "3"}
    counts = {}
    for match in found:
        host, clock = match["host"], json.loads(match["clock"])
        counts[host] = counts.get(host, 0) + 1
        assert clock[host] == counts[host]
    assert [match["event"] for match in found if match["host"] == "b"] == [
        "Start()",
        "Ping(text='two\\nlines') from node one",
    ]
