"""Reading XES with a parser that trusts nothing."""

from __future__ import annotations

import defusedxml.ElementTree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.errors import ImportRejected
from respond.transfer.source import CHUNK, Limits, Source
from respond.transfer.xes import read_xes

XMLNS = 'xmlns="http://www.xes-standard.org/"'
TWO = (
    f'<?xml version="1.0"?><log {XMLNS}><global scope="event"><string key="x" value="no"/></global>'
    '<string key="of the log" value="no"/>'
    '<trace><string key="concept:name" value="C1"><string key="inner" value="no"/></string>'
    '<event><string key="concept:name" value="A &amp; B"/><date key="t" value="2020"><int key="deep" value="1"/></date>'
    '<list key="l"><string key="in a list" value="no"/></list></event><event/></trace>'
    '<trace><event><int key="n" value="3"/></event></trace></log>'
)


def rows_of(folder, data, limits=None):
    """Return the numbers and cells of an XES file with *data*."""
    file = folder / "log.xes"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    with Source(file, limits) as source:
        return [(row.number, dict(row.cells)) for row in read_xes(source)]


def refused(folder, data, limits=None):
    """Return the message with which *data* is refused."""
    with pytest.raises(ImportRejected) as error:
        rows_of(folder, data, limits)
    return str(error.value)


def test_events_are_rows_with_the_attributes_of_their_trace(tmp_path):
    """Direct attributes count, those of the trace under `case:`; nested ones, lists and the log's own do not."""
    assert rows_of(tmp_path, TWO) == [
        (1, {"case:concept:name": "C1", "concept:name": "A & B", "t": "2020"}),
        (2, {"case:concept:name": "C1"}),
        (3, {"n": "3"}),
    ]


def test_a_file_without_a_namespace_is_read_too(tmp_path):
    """Some tools leave the namespace out."""
    assert rows_of(tmp_path, TWO.replace(XMLNS, "")) == rows_of(tmp_path, TWO)


def test_a_doctype_is_refused(tmp_path):
    """A DOCTYPE is refused before anything of it is used."""
    text = refused(tmp_path, '<!DOCTYPE log [<!ENTITY a "b">]>\n<log>&a;</log>')
    assert text == "log.xes, line 1: a DOCTYPE stands here, and none is read: remove it; XES needs none"


def test_a_billion_laughs_are_refused(tmp_path):
    """Entities that grow exponentially never begin."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    assert "DOCTYPE" in refused(tmp_path, f'<!DOCTYPE log [<!ENTITY l0 "ha">{lines}]><log>&l9;</log>')


def test_ten_thousand_levels_are_refused(tmp_path):
    """Nesting has a bound of 64, whatever the elements are called."""
    text = refused(tmp_path, "<log>" + "<list>" * 10_000 + "</list>" * 10_000 + "</log>")
    assert text == "log.xes, line 1: elements nest deeper than 64; XES needs 5 or so"


def test_sixty_four_levels_are_read(tmp_path):
    """The control: one level less than too many passes."""
    assert rows_of(tmp_path, "<log>" + "<list>" * 63 + "</list>" * 63 + "</log>") == []


def test_defusedxml_accepts_the_nesting_that_is_refused_here(tmp_path):
    """The control: a hardened parser alone does not bound the nesting."""
    deep = "<log>" + "<list>" * 10_000 + "</list>" * 10_000 + "</log>"
    assert defusedxml.ElementTree.fromstring(deep).tag == "log"


@pytest.mark.parametrize(
    ("filling", "reason"),
    [
        (b"<!-- " + b"x" * 300_000 + b" -->", "more than 100,000 bytes without an element"),
        (b'<a b="' + b"x" * 300_000 + b'"/>', "more than 100,000 bytes without an element"),
        (b"x" * 300_000, "more than 100,000 bytes without an element"),
    ],
)
def test_an_endless_token_is_refused(tmp_path, filling, reason):
    """A comment, an attribute or a text cannot fill the memory."""
    assert reason in refused(tmp_path, b"<log>" + filling + b"</log>", Limits(line_max=100_000))


def attributes(count, size=1):
    """Return *count* attributes with values of *size* characters."""
    return "".join(f'<string key="k{number}" value="{"v" * size}"/>' for number in range(count))


@pytest.mark.parametrize(
    ("body", "limits", "reason"),
    [
        (f"<trace><event>{attributes(5)}</event></trace>", Limits(cells_max=4), "more than 4 attributes"),
        (f"<trace>{attributes(5)}</trace>", Limits(cells_max=4), "more than 4 attributes"),
        (f"<trace><event>{attributes(1, 50)}</event></trace>", Limits(field_max=49), "'k0' has more than 49"),
        ('<trace><event><string key="k"/></event></trace>', None, "an attribute lacks its key or its value"),
        ('<trace><event><string value="v"/></event></trace>', None, "an attribute lacks its key or its value"),
        (f"<trace><event>{attributes(1)}{attributes(1)}</event></trace>", None, "'k0' stands twice"),
        (f"<trace><event/>{attributes(1)}</trace>", None, "an attribute of the trace stands after its events"),
    ],
)
def test_attributes_have_budgets_and_places(tmp_path, body, limits, reason):
    """Too many, too long, twice, without a value or in the wrong place: refused."""
    assert reason in refused(tmp_path, f"<log>{body}</log>", limits)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "log.xes, line 1: not well-formed XML at byte 0: the file ends before its last element"),
        ("<html/>", "log.xes, line 1: the root element is <html>, expected <log>; is this an XES file?"),
        ("case,at\n1,2\n", "log.xes, line 1: not well-formed XML at byte 0: syntax error"),
        ("<log>\n<trace></log>", "log.xes, line 2: not well-formed XML at byte 15: mismatched tag"),
        (b'<log><trace><string key="a" value="\xff"/>', "log.xes, line 1: not well-formed XML at byte 35"),
        ('<?xml version="1.0" encoding="klingon"?><log/>', "log.xes, line 1: unknown encoding: klingon; save the file"),
    ],
)
def test_what_is_no_xes_is_refused_with_its_place(tmp_path, data, message):
    """The message names the line and the byte."""
    assert refused(tmp_path, data).startswith(message)


def test_the_events_before_the_damage_are_read(tmp_path):
    """Every whole event before a cut is handed on, and the message names the last one."""
    event = f"<event>{attributes(3)}</event>"
    whole = "<log>" + f"<trace>{event * 10}</trace>" * 500 + "</log>"
    file = tmp_path / "log.xes"
    file.write_text(whole[: len(whole) * 2 // 3])
    read = []
    with Source(file) as source, pytest.raises(ImportRejected) as error:
        read.extend(read_xes(source))
    assert len(file.read_bytes()) > 3 * CHUNK
    assert 3_000 < len(read) < 3_400
    assert f"after row {len(read)}: not well-formed XML" in str(error.value)


CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
KEYS = st.text(CHARACTERS, min_size=1)
TRACES = st.lists(st.tuples(st.dictionaries(KEYS, KEYS), st.lists(st.dictionaries(KEYS, KEYS))))


@given(traces=TRACES)
def test_what_defusedxml_reads_is_what_is_read(tmp_path_factory, traces):
    """For any attributes, the rows are those that an independent parser finds."""
    log = defusedxml.ElementTree.fromstring("<log/>")
    build(log, traces)
    data = defusedxml.ElementTree.tostring(log, encoding="utf-8")
    found = rows_of(tmp_path_factory.mktemp("xes"), data)
    parsed = defusedxml.ElementTree.fromstring(data)
    expected = [
        {f"case:{one.get('key')}": one.get("value") for one in trace if one.tag == "string"}
        | {one.get("key"): one.get("value") for one in event}
        for trace in parsed
        for event in trace
        if event.tag == "event"
    ]
    assert [cells for _, cells in found] == expected


def build(log, traces):
    """Add *traces* to *log*."""
    for attributes_of_trace, events in traces:
        trace = log.makeelement("trace", {})
        log.append(trace)
        fill(trace, attributes_of_trace)
        for attributes_of_event in events:
            event = trace.makeelement("event", {})
            trace.append(event)
            fill(event, attributes_of_event)


def fill(parent, named):
    """Add attributes to *parent*."""
    for key, value in named.items():
        parent.append(parent.makeelement("string", {"key": key, "value": value}))
