"""The course's facts as the lessons use them: lookups, joins, comparisons, and the answers to typos."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import distlab
from distlab import course
from distlab.course import UnknownName, facts

CHECKOUT = Path(distlab.__file__).parents[1]


@pytest.mark.parametrize("number", [4, "4", "04", np.int64(4)])
def test_a_lecture_is_found_by_any_form_of_its_number(number):
    """4, "4", "04" and a numpy integer name the same lecture."""
    assert course.lecture(number).number == "04"


def test_specials_are_found_in_any_case():
    """The specials may be written in lower case."""
    assert course.lecture("s2") == course.lecture("S2")


def test_lecture_04():
    """The fields of a lecture are those of its file, with the names of its station."""
    one = course.lecture(4)
    assert (one.title, one.title_zh) == ("Leader election", "分布式选举：国不可一日无君")
    assert (one.station, one.station_zh) == ("Coordination and synchronisation", "分布式协调与同步")
    assert one.notebook == "04_leader_election.ipynb"
    assert one.modules[0] == "distlab.coordination.election"
    assert one.question.endswith("?")


def test_whether_a_lesson_exists_is_looked_up():
    """has_lesson says whether the notebook is in notebooks/, for each lecture."""
    there = {path.name for path in (CHECKOUT / "notebooks").glob("*.ipynb")}
    assert {one.notebook for one in course.lectures() if one.has_lesson} == there & {
        one.notebook for one in course.lectures()
    }


def test_contents_lists_all_lectures_in_order():
    """The table of contents has 37 rows, 00 to S2."""
    index = list(course.contents().index)
    assert len(index) == 37
    assert (index[0], index[34], index[36]) == ("00", "34", "S2")


@pytest.mark.parametrize("number", [35, -1, "x", "004", "", 4.0, True, None])
def test_a_wrong_lecture_number_lists_the_lectures(number):
    """A lecture that does not exist is answered by one sentence, as a LookupError and a ValueError."""
    with pytest.raises(UnknownName, match=r"lecture.*(S1)") as error:
        course.lecture(number)
    assert isinstance(error.value, LookupError)
    assert isinstance(error.value, ValueError)


def test_every_lecture_has_claims_in_three_renderings():
    """Each table of each lecture is a DataFrame of texts, of one shape in English, Chinese and both."""
    for one in course.lectures():
        for table in course.claim_tables(one.number).values():
            frames = [table.frame(lang) for lang in ("en", "zh", "both")]
            assert len({frame.shape for frame in frames}) == 1
            for frame in frames:
                assert {dtype.kind for dtype in frame.dtypes} == {"O"}
                assert frame.map(lambda text: isinstance(text, str) and bool(text)).all(axis=None)
        assert course.claims(one.number).frame().shape[0] >= 2


def test_lecture_04_table():
    """The table of lecture 04 has nine rows and three algorithms, by short keys."""
    table = course.claims(4)
    assert [row.key for row in table.rows] == [
        "reply", "mechanism", "process", "time", "performance", "stability", "extra_state", "messages",
        "system",
    ]  # fmt: skip
    assert [column.key for column in table.columns] == ["bully", "raft", "zab"]
    assert {("messages", "bully"), ("time", "zab"), ("stability", "raft")} <= set(table.measurable())
    assert ("system", "raft") not in table.measurable()
    assert table.cell("stability", "Bully").measure in table.measures


def test_both_languages_stand_in_one_cell():
    """The rendering in both languages shows the English with the Chinese, and a name that is alike once."""
    frame = course.claims(4).frame()
    assert frame.loc["time to elect · 选举所需时间", "Bully"] == "short · 短"
    assert frame.loc["used by · 代表系统", "ZAB"] == "ZooKeeper"


def test_frames_can_be_named_by_keys():
    """With labels=False rows and columns go by their keys, whatever the language."""
    frame = course.claims(4).frame("zh", labels=False)
    assert frame.loc["time", "bully"] == "短"


def test_shared_tables_are_found_from_both_lectures():
    """Lecture 20 shows the table of lecture 21; lecture 16's table is also under 15."""
    assert course.claims(20) == course.claims(21)
    assert course.claims(15, "batch_and_stream") == course.claims(16)
    assert course.claims(15).name == "mapreduce_and_fork_join"


MEASURED = {("messages", "Bully"): 19, ("messages", "raft"): 8.25, ("time", "ZAB"): "0.4 s"}
NESTED = {"messages": {"bully": 19, "Raft": 8.25}, "time to elect": {"zab": "0.4 s"}}
FRAME = pd.DataFrame(
    {"bully": [19, None], "raft": [8.25, np.nan], "zab": [None, "0.4 s"]}, index=["messages", "time"]
)


@pytest.mark.parametrize("measurements", [MEASURED, NESTED, FRAME], ids=["pairs", "nested", "frame"])
def test_measurements_are_joined_in_one_call(measurements):
    """Pairs, a nested mapping and a DataFrame give the same table of claims with measurements beside them."""
    joined = course.claims(4).with_measurements(measurements, lang="en")
    assert list(joined.columns[:2]) == ["Bully: claim", "Bully: measured"]
    assert joined.loc["messages", "Bully: claim"] == "O(n^2) at worst"
    assert joined.loc["messages", "Bully: measured"] == "19"
    assert joined.loc["messages", "Raft: measured"] == "8.25"
    assert joined.loc["time to elect", "ZAB: measured"] == "0.4 s"
    assert joined.shape == (9, 6)


def test_claims_without_measurement_are_named():
    """A claim that a run can judge says that it was not measured; one that no run can judge says nothing."""
    joined = course.claims(4).with_measurements(MEASURED, lang="en")
    assert joined.loc["stability", "Bully: measured"] == "not measured"
    assert joined.loc["used by", "Bully: measured"] == ""


def test_rows_without_measurement_can_be_left_out():
    """only_measured keeps the measured rows, in the table's order."""
    joined = course.claims(4).with_measurements(MEASURED, lang="en", only_measured=True)
    assert list(joined.index) == ["time to elect", "messages"]


def test_claim_and_measurement_in_one_cell():
    """The layout "cells" writes claim | measured."""
    joined = course.claims(4).with_measurements(MEASURED, lang="en", layout="cells")
    assert joined.loc["messages", "Bully"] == "O(n^2) at worst | 19"
    assert joined.loc["used by", "Bully"] == "MongoDB (old protocol)"


def test_whole_numbers_of_a_frame_stay_whole():
    """Integers of a DataFrame stay integers, even beside a column of fractions."""
    frame = pd.DataFrame({"bully": [123456], "raft": [0.5]}, index=["messages"])
    joined = course.claims(4).with_measurements(frame, lang="en")
    assert joined.loc["messages", "Bully: measured"] == "123456"


@pytest.mark.parametrize(
    ("measurements", "sentence"),
    [
        ({("message", "bully"): 1}, r"no row 'message' \(did you mean 'messages'\?\)\. It has: 'reply'"),
        ({("messages", "paxos"): 1}, r"no column 'paxos'\. It has: 'bully', 'raft', 'zab'"),
        ({"messages": {"rfat": 1}}, r"did you mean 'raft'"),
        ({("bully", "messages"): 1}, r"'bully' is a column: name the row first"),
        (FRAME.T, r"is a row: name the row first|is a column: name the row first"),
        ({7: {"raft": 1}}, r"no row 7"),
    ],
)
def test_unknown_rows_and_columns_are_answered(measurements, sentence):
    """A row or a column that the table does not have gets a sentence that lists those it has."""
    with pytest.raises(UnknownName, match=sentence):
        course.claims(4).with_measurements(measurements)


def test_other_mistakes_in_measurements_are_answered():
    """Measurements of another form, two values of one cell, and unknown options get a sentence each."""
    table = course.claims(4)
    with pytest.raises(TypeError, match=r"write \{\(row, column\): value\}"):
        table.with_measurements({"messages": 19})
    with pytest.raises(TypeError, match="got a list"):
        table.with_measurements([19])
    with pytest.raises(ValueError, match="given two measurements"):
        table.with_measurements({("messages", "bully"): 1, ("messages", "Bully"): 2})
    with pytest.raises(ValueError, match="layout must be 'columns' or 'cells'; got 'rows'"):
        table.with_measurements({}, layout="rows")
    with pytest.raises(ValueError, match="lang must be 'en', 'zh' or 'both'; got 'fr'"):
        table.frame("fr")


def test_an_unknown_table_lists_the_tables():
    """A table that the lecture does not have gets a sentence that lists those it has."""
    with pytest.raises(UnknownName, match=r"Lecture 29 has no table 'bucket' \(did you mean 'buckets'\?\)"):
        course.claims(29, "bucket")


def test_corrections_name_their_measure():
    """Without measurements the last column names the quantity that shows the difference, or has a dash."""
    table = course.corrections(4)
    assert list(table.columns) == ["the lecture says", "the literature says", "source", "measured by"]
    assert len(table) == 10
    assert table.loc["kubernetes_lease", "measured by"] == "-"


def test_corrections_show_what_was_measured():
    """With measurements the last column shows them, and says what was left out."""
    table = course.corrections(4, measured={"no_quorum": "Bully 2", "few_candidates": 1})
    assert table.columns[-1] == "we measured"
    assert table.loc["no_quorum", "we measured"] == "Bully 2"
    assert table.loc["few_candidates", "we measured"] == "1"
    assert table.loc["majority", "we measured"] == "not measured"
    assert table.loc["kubernetes_lease", "we measured"] == "-"


def test_an_unknown_correction_lists_the_corrections():
    """A key that no correction has gets a sentence that lists them."""
    with pytest.raises(UnknownName, match=r"no correction 'no_qorum' \(did you mean 'no_quorum'\?\)"):
        course.corrections(4, measured={"no_qorum": 2})


def test_figure_16():
    """RAFT-1/3 holds the numbers of figure 16 as numbers, with set-up, convention and citation."""
    figure = course.published("RAFT-1/3")
    assert figure.values["medians_ms"] == {
        "150-155": 287, "150-175": 141, "150-200": 146.5, "150-300": 171,
        "100-200": 120, "50-100": 66.7, "25-50": 43, "12-24": 30,
    }  # fmt: skip
    assert figure.values["means_ms"] == {"150-155": 345, "12-24": 34.7}
    assert "figure 16" in figure.citation
    assert "5 servers" in figure.setup
    assert figure.lecture == "04"


def test_what_a_caller_changes_stays_with_the_caller():
    """Values are copies: changing them does not change the next caller's."""
    course.published("LE-3").values["messages, n=5"]["i=1"] = 0
    course.fixtures(4)["bully"].values["winner"] = 0
    assert course.published("LE-3").values["messages, n=5"]["i=1"] == 19
    assert course.fixtures(4)["bully"].values["winner"] == 3


def test_published_figures_of_a_lecture():
    """The list of figures can be narrowed to one lecture."""
    assert list(course.published_figures(4).index) == [
        "LE-1", "LE-2", "LE-3", "RAFT-1/3", "RAFT-4", "RAFT-6", "RAFT-7", "RAFT-18", "ZAB",
    ]  # fmt: skip
    assert len(course.published_figures()) == 47


def test_an_unknown_figure_lists_the_figures():
    """A figure that does not exist gets a sentence that lists those that do."""
    with pytest.raises(UnknownName, match=r"no published figure 'RAFT-2' \(did you mean 'RAFT-.*'MX-8'"):
        course.published("RAFT-2")


def test_compare_judges_by_the_tolerance_of_each_quantity():
    """In figure 16 a median may be 10 % off, that of 150-155 15 %, and the worst run is not judged."""
    table = course.compare(
        "RAFT-1/3",
        {"medians_ms": {"150-155": 287 * 1.14, "12-24": 30 * 1.14}, "worst_of_1000_ms/150-200": 600},
    )
    assert list(table.columns) == ["published", "measured", "deviation %", "within tolerance"]
    assert list(table["within tolerance"]) == ["yes", "no", "not judged"]
    assert list(table["deviation %"]) == ["+14.00", "+14.00", "+16.96"]


@pytest.mark.parametrize(
    ("figure", "measured", "errors", "verdict"),
    [
        ("LE-3", {"messages, n=5": {"i=1": 19}}, None, "yes"),
        ("LE-3", {"messages, n=5": {"i=1": 20}}, None, "no"),
        ("LE-1", {"mean": {"n=5": 11.416666666}}, None, "yes"),
        ("LE-1", {"mean": {"n=5": 11.41668}}, None, "no"),
        ("LE-1", {"mean": {"n=3": 5.50001}}, None, "no"),
        ("LE-2", {"at_most": {"n=8": 100}}, None, "yes"),
        ("LE-2", {"at_most": {"n=8": 257}}, None, "no"),
        ("POS-2", {"smallest_p": 0.3}, None, "yes"),
        ("POS-2", {"smallest_p": 0.00001}, None, "no"),
        ("RAFT-7", {"split_vote_share": {"5 servers, 1 failed": 0.0571}}, None, "yes"),
        ("RAFT-7", {"split_vote_share": {"5 servers, 1 failed": 0.0575}}, None, "no"),
        ("RAFT-6", {"P(M_4 <= 0.25)": 0.69}, {"P(M_4 <= 0.25)": 0.003}, "yes"),
        ("RAFT-6", {"P(M_4 <= 0.25)": 0.69}, {"P(M_4 <= 0.25)": 0.002}, "no"),
        ("RAFT-6", {"P(M_4 <= 0.25)": 0.69}, None, "needs standard_errors"),
        ("RAFT-18", {"with_pre_vote": {"term_jumps": False}}, None, "yes"),
        ("RAFT-18", {"with_pre_vote": {"term_jumps": True}}, None, "no"),
        ("TX-6", {"history": "T1 T2 T3x C2 C1"}, None, "yes"),
        ("TX-6", {"history": "T1 T2 T3x C1 C2"}, None, "no"),
        ("DT-3", {"largest_difference": 1e-13}, None, "yes"),
        ("DT-3", {"largest_difference": 1e-11}, None, "no"),
        ("LE-3", {"messages, n=5": {"i=1": float("nan")}}, None, "no"),
    ],
)
def test_every_kind_of_tolerance_can_pass_and_fail(figure, measured, errors, verdict):
    """Each kind of tolerance accepts a value inside it and refuses one outside it."""
    table = course.compare(figure, measured, standard_errors=errors)
    assert list(table["within tolerance"]) == [verdict]


def test_compare_answers_mistakes():
    """An unknown quantity, an empty measurement and another form get a sentence each."""
    with pytest.raises(UnknownName, match=r"Figure 'RAFT-4' has no quantity 'mean_ms/3 failed'"):
        course.compare("RAFT-4", {"mean_ms": {"3 failed": 600}})
    with pytest.raises(ValueError, match="Nothing was measured for 'RAFT-4'"):
        course.compare("RAFT-4", {})
    with pytest.raises(TypeError, match="measured must be a mapping"):
        course.compare("RAFT-4", 430.0)


def test_glossary_of_a_lecture():
    """The glossary can be narrowed to one lecture and shows Chinese and a definition."""
    table = course.glossary(4)
    assert {"leader election", "term", "quorum"} <= set(table.index)
    assert set(table["lecture"]) == {"04"}
    assert table.loc["quorum", "中文"] == "法定人数"
    assert len(course.glossary()) > len(table)


def test_tables_show_their_texts_in_full_under_any_option():
    """Neither the text nor the HTML form cuts a cell, and display options do not change them."""
    table = course.corrections(4)
    text, html = repr(table), table._repr_html_()
    assert "..." not in text
    assert all(source in text for source in table["source"])
    assert "The id only breaks ties and says nothing about data." in html
    with pd.option_context(
        "display.max_colwidth", 10, "display.max_columns", 1, "display.max_rows", 2, "display.width", 40,
        "display.large_repr", "info",
    ):  # fmt: skip
        assert repr(table) == text
        assert table._repr_html_() == html


def test_a_claim_table_shows_itself():
    """In a notebook a table of claims is shown as its DataFrame; elsewhere in one line."""
    table = course.claims(4)
    assert table._repr_html_() == table.frame()._repr_html_()
    assert "\n" not in repr(table)


def test_importing_the_course_loads_no_pandas():
    """distlab.course answers about lectures, figures and worked numbers without pandas."""
    program = (
        "import sys; from distlab import course; course.lectures(); course.claims(4).cell('time', 'raft'); "
        "course.published('LE-1'); course.fixtures(4); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_data_is_found_beside_and_inside_the_package(tmp_path, monkeypatch):
    """In a checkout the data is beside the package, in a wheel inside it, as pyproject.toml puts it there."""
    assert facts.data_directory() == CHECKOUT / "data"
    package = tmp_path / "distlab"
    (package / "_data").mkdir(parents=True)
    (package / "_data" / "stations.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr(facts, "_PACKAGE", package)
    assert facts.data_directory.__wrapped__() == package / "_data"
    (package / "_data" / "stations.toml").unlink()
    with pytest.raises(FileNotFoundError, match="install it again"):
        facts.data_directory.__wrapped__()
