"""Reading mappings: every key is known, and every message names its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreign import MAPPING, document, mapping
from outline import OUTLINE
from respond.errors import InvalidMapping
from respond.transfer.facts import check_mapping
from respond.transfer.mapping import LogMapping
from respond.transfer.mapping_parts import OrderColumn
from respond.workflow.incident import INCIDENT

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def refused(**changes):
    """Return the message with which the small mapping with *changes* is refused."""
    with pytest.raises(InvalidMapping) as error:
        check_mapping(mapping(**changes), OUTLINE, INCIDENT)
    return str(error.value)


@pytest.mark.parametrize("name", ["servicenow", "volvo", "helpdesk"])
def test_the_examples_are_mappings(name):
    """The mappings that ship are read and fit the plan and the workflow that ship."""
    read = LogMapping.load(EXAMPLES / f"{name}.toml")
    check_mapping(read, OUTLINE, INCIDENT)
    assert read.log == name


def test_the_mapped_columns_are_all_that_are_named():
    """Every column that a key names is a mapped one, each once and in order; `key` adds columns that nothing reads."""
    read = mapping(key=["n"], opened={"column": "at", "zone": "UTC"}, assessment={"spread": "area"}, title="what")
    assert read.columns == ("area", "at", "by", "case", "level", "n", "state", "team", "what")


def test_states_and_levels_may_stand_in_several_columns():
    """A nested table maps the cells of several columns together."""
    read = mapping(level={"columns": ["impact", "urgency"], "map": {"high": {"high": 1, "low": 2}, "low": {"low": 3}}})
    assert read.level.targets == {("high", "high"): 1, ("high", "low"): 2, ("low", "low"): 3}


def test_rows_may_be_ordered_by_columns():
    """Order columns are read in turn, as text unless they say otherwise."""
    read = mapping(order=[{"column": "at", "as": "time"}, {"column": "n", "as": "number"}, {"column": "case"}])
    assert read.order == (OrderColumn(column="at", type="time"), OrderColumn(column="n", type="number"),
                          OrderColumn(column="case"))  # fmt: skip
    assert mapping(order="file").order == mapping().order == ()


CSV = {"delimiter": ",", "quote": '"', "encoding": "utf-8"}
STATE = document()["state"]
LEVEL = document()["level"]
TIME = document()["time"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"log": None}, "log: is missing"),
        ({"log": ""}, "log: must be text and not empty"),
        ({"log": 3}, "log: must be text and not empty, not 3"),
        ({"format": "xml"}, "format: 'xml' is not one of csv, xes"),
        ({"kind": "rows"}, "kind: 'rows' is not one of snapshots, activities"),
        ({"case": None}, "case: is missing"),
        ({"teem": "x"}, "teem: is not a key here; did you mean team? the keys are actor, assessment, case,"),
        ({"format": "xes", "csv": CSV}, "csv: is not a key here"),
        ({"csv": {**CSV, "delimeter": ";"}}, "csv.delimeter: is not a key here; did you mean delimiter?"),
        ({"csv": {**CSV, "delimiter": "::"}}, "csv.delimiter: must be one character"),
        ({"csv": {**CSV, "quote": "\n"}}, "csv.quote: must be one character"),
        ({"csv": {**CSV, "quote": ","}}, "csv.quote: must differ from the delimiter"),
        ({"csv": {**CSV, "encoding": "klingon"}}, "csv.encoding: 'klingon' is not known; write utf-8"),
        ({"csv": {**CSV, "encoding": "base64"}}, "csv.encoding: 'base64' is not known; write utf-8"),
        ({"csv": "x"}, "csv: must be a table [csv], not 'x'"),
        ({"time": None}, "time: is missing; write a table [time]"),
        ({"time": {**TIME, "zone": "Rome"}}, "time.zone: 'Rome' is not a zone of the IANA database"),
        ({"time": {**TIME, "zone": "../etc"}}, "time.zone: '../etc' is not a zone of the IANA database"),
        ({"time": {"column": "at", "format": "%d/%m/%Y"}}, "time.zone: the format holds no offset (%z)"),
        ({"time": {**TIME, "format": "%d/%m"}}, "time.format: '%d/%m' needs at least %Y, %m and %d"),
        ({"time": {**TIME, "format": "%d %B %Y"}}, "time.format: '%d %B %Y' holds %B; write 'iso', or each of %Y"),
        ({"time": {**TIME, "format": "%d/%d/%Y"}}, "time.format: '%d/%d/%Y' holds %d twice"),
        ({"time": {**TIME, "format": "%d/%m/%Y %"}}, "time.format: '%d/%m/%Y %' holds %;"),
        ({"time": {**TIME, "ambiguous": "first"}}, "time.ambiguous: 'first' is not one of refuse, earlier, later"),
        ({"time": {**TIME, "precision": "week"}}, "time.precision: 'week' is not one of microsecond, second"),
        ({"opened": {"column": "o", "format": "%d.%m.%Y"}}, "opened.zone: the format holds no offset"),
        ({"state": {**STATE, "mapp": {}}}, "state.mapp: is not a key here; did you mean map?"),
        ({"state": {**STATE, "columns": []}}, "state.columns: must name at least one column"),
        ({"state": {**STATE, "columns": ["a", "a"]}}, "state.columns: names something twice"),
        ({"state": {**STATE, "columns": "state"}}, "state.columns: must be a list of texts"),
        ({"state": {**STATE, "columns": [""]}}, "state.columns: must be a list of texts"),
        ({"state": {**STATE, "columns": ["a", "b"]}}, "state.map.New: must be a table: the values of 'b'"),
        ({"state": {**STATE, "map": {"New": {"x": "y"}}}}, "state.map.New: must be a state, keep, or open, not {'x'"),
        ({"state": {"columns": ["state"]}}, "state.map: must be a table: the values of 'state' and what they mean"),
        ({"state": {**STATE, "unknown": "skip"}}, "state.unknown: 'skip' is not one of refuse, record"),
        ({"state": {**STATE, "map": {"New": "repoted"}}}, "state.map.New: 'repoted' is not a state of the workflow"),
        ({"level": {**LEVEL, "map": {"1": "1"}}}, "level.map.1: must be the number of a level, not '1'"),
        ({"level": {**LEVEL, "map": {"1": True}}}, "level.map.1: must be the number of a level, not True"),
        ({"level": {**LEVEL, "map": {"1": 0}}}, "level.map.1: must be the number of a level, not 0"),
        ({"level": {**LEVEL, "map": {"1": 9}}}, "level.map.1: 9 is not a level of the plan service-company@1; it"),
        ({"level": {**LEVEL, "unknown": "record"}}, "level.unknown: 'record' is not one of refuse, ignore"),
        ({"category": {"column": "c", "fallback": "misc"}}, "category.fallback: 'misc' is not a category of the plan"),
        ({"category": {"column": "c", "map": {"x": "y"}}}, "category.map.x: 'y' is not a category of the plan"),
        ({"order": "time"}, 'order: write "file", or one [[order]] table for each column'),
        ({"order": [{"column": "at", "as": "date"}]}, "order[0].as: 'date' is not one of text, number, time"),
        ({"assessment": {"impact": 3}}, "assessment.impact: must be text and not empty, not 3"),
        ({"nulls": [3]}, "nulls: must be a list of texts"),
        ({"future": ["level"]}, "level.columns[0]: 'level' is listed under future, because it tells what comes later"),
        ({"future": ["at"]}, "time.column: 'at' is listed under future"),
        ({"future": ["n"], "key": ["n"]}, "key[0]: 'n' is listed under future"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(changes, message):
    """The message begins with the path of the key and says what would be accepted."""
    assert refused(**changes).startswith(message)


def test_the_file_is_named(tmp_path):
    """A mapping from a file names the file before the key."""
    path = tmp_path / "m.toml"
    path.write_text("teem = 1\n" + MAPPING)
    with pytest.raises(InvalidMapping) as error:
        LogMapping.load(path)
    assert str(error.value).startswith(f"{path}: teem: is not a key here")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"log = ", "is not TOML"),
        (b"\xff", "is not TOML"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "more than 20 deep"),
        (b"#" * 1_100_000, "has more than 1,048,576 bytes, the most that are read"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path, data, message):
    """What is no TOML, or too large for a mapping, is refused with the file's name."""
    path = tmp_path / "m.toml"
    path.write_bytes(data)
    with pytest.raises(InvalidMapping, match=message):
        LogMapping.load(path)


def test_a_mapping_that_is_not_there_is_named(tmp_path):
    """A missing mapping file is refused with its name."""
    with pytest.raises(InvalidMapping, match=r"m\.toml: cannot be read: No such file"):
        LogMapping.load(tmp_path / "m.toml")
