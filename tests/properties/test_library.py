"""Lessons are found from tables as a plain scan finds them, whatever was written and however the log is cut."""

from __future__ import annotations

from itertools import count
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library_logs import CATEGORIES, LEVELS, LIVES, TEXTS, log_of
from respond.projections.library import Kin, Library, Wanted
from respond.projections.sql import TableLibrary
from respond.projections.terms import terms_of
from respond.store.sql import create, engine_for
from respond.workflow.lesson import LESSON
from strategies import histories
from table_projections import built, folded, pages

CUTS = st.lists(st.integers(1, 20), max_size=4)
ASKED = st.fixed_dictionaries(
    {"query": st.none() | TEXTS, "tags": st.sampled_from([(), ("power",), ("电力", "TLS")])},
    optional={"category": CATEGORIES, "level": LEVELS},
)
FAR = "\u2e80"
"""From here on scripts have no blanks between words."""


@pytest.fixture(scope="module")
def connection():
    """Yield a connection to a log in memory."""
    engine = engine_for("sqlite://")
    create(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def tenants():
    """Return numbers of tenants, so that each example has rows of its own among those of all others."""
    return count(1)


def of_tenant(number, events):
    """Return *events* as those of this tenant, whose positions no other one has, and its place."""
    return [event._replace(position=number * 1000 + event.position) for event in events], {"tenant": f"t{number}"}


def plain(text):
    """Return *text* as it is compared."""
    return normalize("NFKC", normalize("NFKC", text).casefold())


def found_by_scan(events, *, query, tags, category=None, level=None):
    """Return the keys of the lessons that are asked for, newest first, by looking at the state of each."""
    streams = {event.body["stream"]: event.position for event in reversed(events)}
    found = []
    for stream, _ in sorted(streams.items(), key=lambda one: -one[1]):
        state = LESSON.fold(event for event in events if event.body["stream"] == stream)
        fits = state.status == "recorded" and (category, level) in {
            (one, two) for one in (None, state.category) for two in (None, state.level)
        }
        if fits and {plain(tag) for tag in tags} <= {plain(tag) for tag in state.tags} and _says(state.text, query):
            found.append(stream.partition("-")[2])
    return found


def _says(text, query):
    """Whether each part of *query* stands in *text*: Latin words whole, Chinese anywhere."""
    pieces = _pieces(plain(query or ""))
    said = _pieces(plain(text))
    return all(any(piece in one for one in said if one >= FAR) if piece >= FAR else piece in said for piece in pieces)


def _pieces(text):
    """Return the words and the runs of *text*, character by character."""
    pieces, last = [""], ""
    for sign in text:
        kind = "" if not sign.isalnum() else "far" if sign >= FAR else "near"
        if kind != last:
            pieces.append("")
        if kind:
            pieces[-1] += sign
        last = kind
    return [piece for piece in pieces if piece]


def asked_of(source, asked, limit):
    """Return the keys that *source* answers with, page after page."""
    category = asked.get("category")
    wanted = Wanted.of(
        asked["query"],
        categories=None if category is None else [category],
        level=asked.get("level"),
        tags=asked["tags"],
    )
    return [row.lesson for page in pages(source.lessons, wanted=wanted, limit=limit) for row in page.rows]


@given(LIVES, CUTS, ASKED, st.integers(1, 3))
def test_the_index_finds_what_a_scan_finds(connection, tenants, lives, cuts, asked, limit):
    """Tables and memory find the lessons that a look at each finds, newest first, in English and Chinese."""
    events, place = of_tenant(next(tenants), log_of(lives))
    table = built(TableLibrary, connection, events, cuts, **place).answers(connection)
    expected = found_by_scan(events, **{"category": None, "level": None, **asked})
    assert asked_of(table, asked, limit) == expected == asked_of(folded(Library, events), asked, limit)


@given(LIVES, CUTS)
def test_tables_of_lessons_hold_the_fold(connection, tenants, lives, cuts):
    """However the log is cut into batches, the table holds what the fold says."""
    events, place = of_tenant(next(tenants), log_of(lives))
    projection = built(TableLibrary, connection, events, cuts, **place)
    assert list(projection.content(connection)) == list(projection.fold(events))


@settings(max_examples=20)
@given(histories(incidents=4, steps=45), CUTS, TEXTS, st.integers(1, 5))
def test_tables_of_incidents_hold_the_fold(connection, tenants, events, cuts, text, limit):
    """The same of incidents, and what is alike is found the same."""
    events, place = of_tenant(next(tenants), events)
    projection = built(TableLibrary, connection, events, cuts, **place)
    assert list(projection.content(connection)) == list(projection.fold(events))
    kin = Kin(categories=frozenset({"other"}), site="north", terms=terms_of(text))
    alike = [one.alike(kin, limit=limit) for one in (projection.answers(connection), folded(Library, events))]
    assert [item.stream for item in alike[0]] == [item.stream for item in alike[1]]
