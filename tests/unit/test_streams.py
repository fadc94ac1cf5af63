"""Stream names, expected versions, references and actors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from respond.domain.references import Actor, Reference
from respond.domain.streams import ANY, NO_STREAM, STREAM_EXISTS, StreamId, exactly, indexed
from respond.errors import InvalidRecord

names = st.text(min_size=1, max_size=255, alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(names)
def test_any_name_that_an_index_takes(name: str) -> None:
    """A name of 1 to 255 characters is taken as it is."""
    assert indexed(name, "place") is name
    assert StreamId(name).name == name


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "not empty"),
        (None, "must be text"),
        (7, "must be text"),
        (b"x", "must be text"),
        ("x" * 256, "has 256 characters, at most 255"),
        ("a\0b", "NUL"),
        ("\ud800", "surrogate"),
        ("ok\udfff", "surrogate"),
    ],
)
def test_names_that_no_index_takes(value: Any, message: str) -> None:
    """A name that an index cannot take is refused, and the message names the place and the reason."""
    with pytest.raises(InvalidRecord, match=message) as refused:
        indexed(value, "subject")
    assert (refused.value.place, refused.value.value) == ("subject", value)
    with pytest.raises(InvalidRecord, match="stream"):
        StreamId(value)


def test_maximum() -> None:
    """A column may take less."""
    assert indexed("xxx", "type", maximum=3) == "xxx"
    with pytest.raises(InvalidRecord, match="at most 3"):
        indexed("xxxx", "type", maximum=3)


def test_stream_of() -> None:
    """A stream is named by its category and its aggregate's id, and tells both."""
    stream = StreamId.of("incident", "2026-11-20-7")
    assert (stream.name, stream.category, stream.key) == ("incident-2026-11-20-7", "incident", "2026-11-20-7")
    assert (StreamId("lonely").category, StreamId("lonely").key) == ("lonely", "")


@pytest.mark.parametrize("category", ["", "two-parts", "-"])
def test_category_without_hyphen(category: str) -> None:
    """A category is text without a hyphen."""
    with pytest.raises(InvalidRecord, match="category"):
        StreamId.of(category, "1")


@given(st.text(min_size=1, max_size=20, alphabet="ab1_ü"), st.text(max_size=20, alphabet="ab1-ü"))
def test_category_and_key_come_back(category: str, key: str) -> None:
    """What a stream was named by can be read from its name."""
    stream = StreamId.of(category, key)
    assert (stream.category, stream.key) == (category, key)


def test_realm() -> None:
    """The realm is part of a stream's identity and shows in its text; there are two realms."""
    real, drill = StreamId("incident-1"), StreamId("incident-1", "drill")
    assert real != drill
    assert len({real, drill, StreamId("incident-1", "real")}) == 2
    assert (str(real), str(drill)) == ("incident-1", "incident-1 (drill)")
    with pytest.raises(InvalidRecord, match="realm"):
        StreamId("incident-1", "dream")


def test_order() -> None:
    """Streams sort by name, then by realm, so that writers may lock in one order."""
    streams = [StreamId("b"), StreamId("a", "real"), StreamId("a", "drill")]
    assert sorted(streams) == [StreamId("a", "drill"), StreamId("a", "real"), StreamId("b")]


@pytest.mark.parametrize(
    ("expected", "fitting", "text"),
    [
        (ANY, {0, 1, 2, 3}, "ANY"),
        (NO_STREAM, {0}, "NO_STREAM"),
        (STREAM_EXISTS, {1, 2, 3}, "STREAM_EXISTS"),
        (exactly(0), {0}, "version 0"),
        (exactly(2), {2}, "version 2"),
    ],
)
def test_expected_version(expected: Any, fitting: set[int], text: str) -> None:
    """Each expectation fits the versions that its name says."""
    assert {version for version in range(4) if expected.fits(version)} == fitting
    assert str(expected) == text


def test_no_negative_version() -> None:
    """A version below 0 is refused."""
    with pytest.raises(InvalidRecord, match="-1"):
        exactly(-1)


def test_reference() -> None:
    """A reference reads back from the body as it was, and shows name and version."""
    reference = Reference("incident", "3", "d" * 64)
    assert Reference.from_json(reference.to_json()) == reference
    assert str(reference) == "incident@3"


def test_actor() -> None:
    """An actor is made from an id; an id is text and not empty."""
    actor = Actor("wang.li", role="duty officer")
    assert Actor.of(actor) is actor
    assert Actor.of("wang.li") == Actor("wang.li")
    for wrong in ("", None, 5):
        with pytest.raises(InvalidRecord, match="actor"):
            Actor.of(wrong)
