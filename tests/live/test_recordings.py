"""Recorded results stand in where nothing can be run, and say so."""

import datetime
import json
from pathlib import Path

import pytest

from distlab import live
from distlab.live import record, recordings
from distlab.live.experiments import EXPERIMENTS, Experiment, experiment
from distlab.live.recordings import as_text, measure


def _boil(cups: int = 1) -> dict:
    if cups > 3:
        raise live.LiveError("The kettle is too small.\nIt holds three cups.")
    return {"rows": [{"cups": cups, "seconds": 120.123456}], "samples": {"real": [1.0000001, 2.0]}}


KETTLE = Experiment("kettle", "The kettle was timed.", ("sqlite",), _boil, {"cups": 2})


@pytest.fixture(autouse=True)
def _kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of recordings of its own, and one experiment more."""
    monkeypatch.delenv("DISTLAB_LIVE", raising=False)
    monkeypatch.setattr(recordings, "recorded_directory", lambda: tmp_path)
    monkeypatch.setattr(record, "recorded_directory", lambda: tmp_path)
    monkeypatch.setitem(EXPERIMENTS, "kettle", KETTLE)


def test_what_can_be_run_is_run() -> None:
    """The result is of now, has the versions of what ran, and the options were heard."""
    outcome = live.live_or_recorded("kettle", cups=3)
    assert outcome.live
    assert outcome.rows[0]["cups"] == 3
    assert list(outcome.versions) == ["sqlite", "Python"]
    assert outcome.source.startswith("Run just now with sqlite ")


def test_without_the_server_the_recording_is_shown_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence has the date, the versions, and what is missing."""
    assert record.main(["kettle"]) == 0
    monkeypatch.setattr(recordings, "is_available", lambda name: False)
    outcome = live.live_or_recorded("kettle", cups=3)
    assert not outcome.live
    assert outcome.rows == [{"cups": 2, "seconds": 120.12}]
    assert outcome.source.startswith("Recorded on 20")
    assert outcome.source.endswith("Not run here: sqlite is not installed (see live.available()).")
    assert "Recorded on 20" in outcome._repr_html_()


def test_stored_notebooks_show_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """With DISTLAB_LIVE=recorded nothing is run, and no reason is given: the text is always the same."""
    assert record.main(["kettle"]) == 0
    monkeypatch.setenv("DISTLAB_LIVE", "recorded")
    outcome = live.live_or_recorded("kettle", cups=4)
    assert (outcome.live, outcome.reason) == (False, "")
    assert repr(outcome) == repr(live.recorded("kettle"))


def test_a_run_that_fails_is_replaced_and_named() -> None:
    """The recording is shown with the first line of the failure; without one, the failure is raised."""
    with pytest.raises(live.LiveError, match="too small"):
        live.live_or_recorded("kettle", cups=4)
    assert record.main(["kettle"]) == 0
    outcome = live.live_or_recorded("kettle", cups=4)
    assert outcome.source.endswith("It was tried here, and failed: The kettle is too small.")


def test_a_recording_names_its_date_and_versions_and_rounds_its_numbers() -> None:
    """Five digits, one row and one list of times a line, and no more than was measured."""
    text = as_text(measure(KETTLE, {"cups": 2}), datetime.date(2026, 11, 23))
    assert json.loads(text)["date"] == "2026-11-23"
    assert '    {"cups": 2, "seconds": 120.12}\n' in text
    assert '    "real": [1.0, 2.0]\n' in text


def test_samples_are_chosen_by_a_part_of_their_label(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson draws the distributions that belong together."""
    monkeypatch.undo()
    assert list(live.recorded("live_election").times("etcd")) == ["etcd, killed", "etcd, paused"]
    assert live.recorded("live_election").times("no such part") == {}


def test_an_unknown_experiment_is_answered_with_the_known_ones() -> None:
    """The error lists the names."""
    with pytest.raises(ValueError, match=r"name must be one of .*'kettle'.*; got 'teapot'"):
        live.live_or_recorded("teapot")


def test_what_was_not_recorded_says_how_to_do_it() -> None:
    """The error has the command."""
    with pytest.raises(live.LiveError, match=r"python -m distlab\.live\.record kettle"):
        live.recorded("kettle")
    assert experiment("kettle") is KETTLE


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "kettle"])
def test_every_experiment_is_where_it_is_said_to_be(name: str) -> None:
    """It has the name that it is asked for by, and needs servers that exist."""
    found = experiment(name)
    assert found.name == name
    assert set(found.needs) <= set(live.available().index)


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "kettle"])
def test_every_experiment_is_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson has something to show on a machine without servers."""
    monkeypatch.undo()
    outcome = live.recorded(name)
    assert outcome.date
    assert outcome.rows
    assert set(experiment(name).needs) < set(outcome.versions)
