"""The files of data/ keep their rules: nothing is missing, nothing is left over, both languages are there."""

import re
from functools import cache

import pytest

from distlab.course import facts

LECTURES = [f"{number:02d}" for number in range(35)] + ["S1", "S2"]
FIGURES = [
    "LB-2", "LB-3", "LB-4", "LB-5", "DT-8", "LB-8", "CAP-1",
    "MX-1", "MX-2", "MX-3", "MX-5", "MX-7",
    "LE-1", "LE-2", "LE-3", "RAFT-1/3", "RAFT-4", "RAFT-6", "RAFT-7", "RAFT-18", "ZAB",
    "POW-1", "POW-3", "POW-5/6", "POW-7", "PBFT-1", "PBFT-2", "BYZ-1", "PAX-3..5", "POS-2",
    "TX-1", "TX-4", "TX-5", "TX-6", "TX-7", "TX-8",
    "MX-8", "LK-1", "LK-2", "LK-3", "LK-4",
    "DT-1", "DT-2", "DT-3", "DT-4", "DT-6", "DT-7",
]  # fmt: skip
HOUSE = {
    "sim": set(), "check": set(), "metrics": set(), "sweep": set(), "course": set(), "live": set(),
    "coordination": {"mutex", "election", "consensus", "transaction", "lock"},
    "resources": set(),
    "computing": {"training", "mapreduce", "stream", "actor", "pipeline"},
    "communication": {"rpc", "pubsub", "queue"},
    "storage": {"cap", "sharding", "hashing", "replication", "cache", "consistency"},
    "reliability": {"balancing", "limiting", "isolation", "detection", "partition"},
}  # fmt: skip
CJK = re.compile(r"[\u4e00-\u9fff]")
KEY = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
KINDS = {"exact", "rounded", "relative", "absolute", "sigma", "at_most", "at_least", "stated"}


@cache
def tables():
    """Return all tables with the number of their lecture."""
    return [(number, table) for number in LECTURES for table in read(number).get("table", [])]


def read(number):
    """Return the file of a lecture."""
    return facts.read(f"lectures/{number}")


def corrections():
    """Return all corrections with the number of their lecture."""
    return [(number, one) for number in LECTURES for one in read(number)["correction"]]


def figures():
    """Return all published figures with the number of their lecture."""
    return [
        (number, one)
        for number in facts.names("published")
        for one in facts.read(f"published/{number}")["figure"]
    ]


def terms():
    """Return all terms of the glossary."""
    return [
        term for station in facts.names("glossary") for term in facts.read(f"glossary/{station}")["terms"]
    ]


def check_both(text, where):
    """Assert that a text is there in both languages, and that the languages are not mixed up."""
    assert set(text) >= {"en", "zh"}, where
    assert text["en"].strip() == text["en"] != "", where
    assert text["zh"].strip() == text["zh"] != "", where
    assert not CJK.search(text["en"]), where
    assert CJK.search(text["zh"]) or text["zh"] == text["en"], where


def test_lectures_are_complete():
    """There is one file for each lecture 00 to 34 and for the two specials, and no other."""
    assert list(facts.names("lectures")) == LECTURES


@pytest.mark.parametrize("number", LECTURES)
def test_lecture(number):
    """A lecture has its number, two titles, a station, a notebook, modules of the house, and a question."""
    lecture = read(number)
    allowed = {
        "number", "station", "title", "title_zh", "notebook", "modules", "question",
        "shares", "measures", "table", "correction", "fixture",
    }  # fmt: skip
    assert set(lecture) <= allowed
    assert lecture["number"] == number
    assert CJK.search(lecture["title_zh"])
    assert not CJK.search(lecture["title"])
    assert lecture["station"] in facts.read("stations")
    assert re.fullmatch(rf"{number}_[a-z0-9]+(_[a-z0-9]+)*\.ipynb", lecture["notebook"])
    assert lecture["question"].endswith("?")
    assert lecture["question"].count("?") == 1
    assert lecture["modules"]
    for module in lecture["modules"]:
        root, package, *rest = module.split(".")
        assert root == "distlab"
        assert package in HOUSE
        assert set(rest) <= HOUSE[package]
        assert len(rest) <= 1


@pytest.mark.parametrize("number", LECTURES)
def test_every_lecture_has_a_table_and_a_correction(number):
    """Every lecture shows at least one comparison table, its own or a shared one, and one correction."""
    lecture = read(number)
    assert lecture.get("table") or lecture.get("shares")
    assert lecture["correction"]


def test_shared_tables_exist():
    """A lecture shares tables of other lectures only, and they exist under names it does not use itself."""
    for number in LECTURES:
        own = {table["key"] for table in read(number).get("table", [])}
        for shared in read(number).get("shares", []):
            other, key = shared.split("/")
            assert other != number
            assert key in {table["key"] for table in read(other)["table"]}
            assert key not in own


@pytest.mark.parametrize(
    ("number", "table"), [pytest.param(*one, id=f"{one[0]}-{one[1]['key']}") for one in tables()]
)
def test_table(number, table):
    """A table is rectangular, its keys are unique, all its texts are in both languages, cells are short."""
    assert set(table) == {"key", "title", "title_zh", "columns", "row"}
    assert KEY.fullmatch(table["key"])
    check_both({"en": table["title"], "zh": table["title_zh"]}, table["key"])
    columns = [column["key"] for column in table["columns"]]
    rows = [row["key"] for row in table["row"]]
    assert len(set(columns)) == len(columns) >= 1
    assert len(set(rows)) == len(rows) >= 2
    assert not {"key", "label", "measure"} & set(columns)
    for column in table["columns"]:
        assert set(column) == {"key", "en", "zh"}
        assert KEY.fullmatch(column["key"])
        check_both(column, column["key"])
    for row in table["row"]:
        assert KEY.fullmatch(row["key"])
        assert set(row) - {"measure"} == {"key", "label", *columns}
        assert set(row["label"]) == {"en", "zh"}
        check_both(row["label"], row["key"])
        for column in columns:
            where = (number, table["key"], row["key"], column)
            assert set(row[column]) <= {"en", "zh", "measure"}, where
            check_both(row[column], where)
            if table["key"] != "papers":  # a reading list is long by nature
                assert len(row[column]["en"]) <= 55, where
                assert len(row[column]["zh"]) <= 48, where


def test_keys_and_labels_of_a_table_cannot_be_confused():
    """No key or label of a row is also one of another row, and the same for columns."""
    for number, table in tables():
        for some in (table["columns"], [{"key": row["key"], **row["label"]} for row in table["row"]]):
            names = [name for one in some for name in {text.casefold() for text in one.values()}]
            assert len(set(names)) == len(names), (number, table["key"])


def test_names_of_tables_are_unique_in_a_lecture():
    """Two tables of one lecture have two names."""
    for number in LECTURES:
        keys = [table["key"] for table in read(number).get("table", [])]
        assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("number", LECTURES)
def test_measures_are_defined_and_used(number):
    """Every quantity that a cell or a correction names is defined, and every one defined is named."""
    lecture = read(number)
    used = {one["measured_by"] for one in lecture["correction"] if "measured_by" in one}
    for table in lecture.get("table", []):
        for row in table["row"]:
            cells = [row[column["key"]] for column in table["columns"]]
            used |= {one["measure"] for one in [row, *cells] if "measure" in one}
    defined = lecture.get("measures", {})
    assert used == set(defined)
    for key, sentence in defined.items():
        assert KEY.fullmatch(key)
        assert len(sentence) > 15, key


@pytest.mark.parametrize("number", LECTURES)
def test_corrections(number):
    """A correction says what the lecture says, what the literature says, and where; its key is unique."""
    keys = [one["key"] for one in read(number)["correction"]]
    assert len(set(keys)) == len(keys)
    for one in read(number)["correction"]:
        assert set(one) - {"measured_by"} == {"key", "says", "literature", "citation"}
        assert KEY.fullmatch(one["key"])
        assert one["says"].endswith((".", "?")), one["key"]
        assert one["literature"].endswith("."), one["key"]
        assert one["citation"], one["key"]
        assert one["says"] != one["literature"]


def test_lecture_04_cites_literature():
    """The ten corrections of the reference lesson all cite a source, none the course's own notes."""
    found = read("04")["correction"]
    assert len(found) == 10
    assert not [one["key"] for one in found if "course notes" in one["citation"]]


@pytest.mark.parametrize("number", LECTURES)
def test_fixtures(number):
    """A worked number has a unique key, a sentence and values."""
    found = read(number).get("fixture", [])
    keys = [one["key"] for one in found]
    assert len(set(keys)) == len(keys)
    for one in found:
        assert set(one) == {"key", "what", "values"}
        assert KEY.fullmatch(one["key"])
        assert one["what"].endswith(".")
        assert one["values"]


def test_the_course_works_out_numbers_in_eleven_lectures():
    """The lectures with worked numbers are those that the course works numbers out in."""
    with_numbers = [number for number in LECTURES if read(number).get("fixture")]
    assert with_numbers == [
        "03", "04", "06", "07", "10", "12", "17", "23", "28", "29", "31", "S1",
    ]  # fmt: skip


def test_published_figures_are_complete():
    """Every figure that is to be reproduced is there, once, and no other."""
    ids = [one["id"] for _, one in figures()]
    assert sorted(ids) == sorted(FIGURES)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("number", "figure"), [pytest.param(*one, id=one[1]["id"]) for one in figures()])
def test_published_figure(number, figure):
    """A figure has values, set-up, convention, citation, and a tolerance for each of its values."""
    assert number in LECTURES
    assert set(figure) - {"formula"} == {
        "id", "what", "values", "setup", "tolerance", "convention", "citation", "within",
    }  # fmt: skip
    for field in ("what", "setup", "tolerance", "convention", "citation"):
        assert figure[field].strip() == figure[field] != ""
    names = {"*"}
    for group, value in figure["values"].items():
        assert "/" not in group
        names.add(group)
        if isinstance(value, dict):
            assert value
            names |= {f"{group}/{key}" for key in value}
            for key, inner in value.items():
                assert isinstance(inner, (bool, int, float, str)), (group, key)
                assert "/" not in key
        else:
            assert isinstance(value, (bool, int, float, str)), group
    assert set(figure["within"]) <= names
    for limit in figure["within"].values():
        assert limit["kind"] in KINDS
        assert (limit["kind"] in {"rounded", "relative", "absolute", "sigma"}) == ("limit" in limit)
    from distlab.course import published

    for quantity in published(figure["id"]).flat():
        rule = published(figure["id"]).judged_by(quantity)
        assert rule.kind != "stated" or quantity == "worst_of_1000_ms/150-200"


def test_glossary():
    """At least 150 terms, each once, with Chinese, a lecture that exists, and one sentence."""
    found = terms()
    assert len(found) >= 150
    english = [term["en"].casefold() for term in found]
    chinese = [(term["zh"], term["en"]) for term in found]
    assert len(set(english)) == len(english)
    assert len({zh for zh, _ in chinese}) == len(chinese)
    for term in found:
        assert set(term) == {"en", "zh", "lecture", "definition"}
        assert CJK.search(term["zh"]), term["en"]
        assert not CJK.search(term["en"])
        assert term["lecture"] in LECTURES
        assert term["definition"].endswith("."), term["en"]
        assert "\n" not in term["definition"]


def test_glossary_files_hold_the_terms_of_their_station():
    """A term stands in the file of the station that its lecture belongs to."""
    for station in facts.names("glossary"):
        for term in facts.read(f"glossary/{station}")["terms"]:
            assert read(term["lecture"])["station"] == station, term["en"]


def test_stations_are_used():
    """Every station has lectures and both names."""
    stations = facts.read("stations")
    assert {read(number)["station"] for number in LECTURES} == set(stations)
    for key, station in stations.items():
        assert set(station) == {"en", "zh"}, key
        check_both(station, key)


def test_texts_are_plain():
    """No straight copy of a sentence over two files, no tab, no double space, no exclamation."""
    sentences = [one["literature"] for _, one in corrections()] + [term["definition"] for term in terms()]
    for sentence in sentences:
        assert "  " not in sentence
        assert "\t" not in sentence
        assert "!" not in sentence
    assert len(set(sentences)) == len(sentences)
