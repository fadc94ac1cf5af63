"""Canonical JSON and what it refuses."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from respond.domain.canonical import DEPTH_MAX, RESERVED_KEYS, SAFE_INTEGER, canonical, digest, plain, rich
from respond.errors import InvalidRecord

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "jcs"
NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]
WITH_FRACTIONS = {"values"}
"""Vectors that hold numbers which are no integers; a record refuses those."""

whole = st.integers(min_value=-SAFE_INTEGER, max_value=SAFE_INTEGER)
text = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
keys = text.filter(lambda key: key not in RESERVED_KEYS)
ascii_keys = st.text(alphabet=st.characters(max_codepoint=127)).filter(lambda key: key not in RESERVED_KEYS)
high_keys = st.text(alphabet=st.sampled_from("aZ~\x7f\u0080\ud7ff\ue000\ufb33\uffff\U00010000\U0001f600\U0010ffff"))
scalars = st.none() | st.booleans() | whole | text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | high_keys, inner, max_size=4)
)
ascii_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_keys, inner, max_size=4),
)


def integer_if_whole(text: str) -> int | float:
    """Read a number as JSON means it: 56.0 is 56."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= SAFE_INTEGER else number


def vector(name: str) -> tuple[Any, bytes]:
    """Return a test vector of RFC 8785's author: the value, and its canonical bytes."""
    given_bytes = (VECTORS / "input" / f"{name}.json").read_bytes()
    return json.loads(given_bytes, parse_float=integer_if_whole), (VECTORS / "output" / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITH_FRACTIONS])
def test_vectors(name: str) -> None:
    """The test vectors come out byte for byte."""
    value, expected = vector(name)
    assert canonical(value) == expected


@pytest.mark.parametrize("name", sorted(WITH_FRACTIONS))
def test_vectors_with_fractions(name: str) -> None:
    """A vector that holds fractions is refused by us, and written right by the writer that we use beside orjson."""
    value, expected = vector(name)
    with pytest.raises(InvalidRecord, match="float"):
        canonical(value)
    assert rfc8785.dumps(value) == expected


def test_no_vector_is_left_out() -> None:
    """Every vector in the folder is tested."""
    assert sorted(path.stem for path in (VECTORS / "input").iterdir()) == NAMES


@given(ascii_values)
def test_writers_agree_on_ascii_keys(value: Any) -> None:
    """Where every key is ASCII, what orjson writes is what rfc8785 writes."""
    assert canonical(value) == rfc8785.dumps(value)


@given(values)
@example({"\ue000": 1, "\U00010000": 2})
@example({"\uffff": 1, "\U0010ffff": 2})
@example({"outer": {"\uffff": [{"\U0001f600": 1, "\ufb33": 2}]}})
@example([{"\x7f": 1, "\x80": 2}])
def test_keys_sort_by_utf16(value: Any) -> None:
    """Whatever the keys, astral ones and U+E000 to U+FFFF too, the bytes are those of RFC 8785."""
    assert canonical(value) == rfc8785.dumps(value)


@given(values)
def test_reading_back(value: Any) -> None:
    """What is written reads back as the same value, and is written the same again."""
    written = canonical(value)
    assert orjson.loads(written) == value
    assert canonical(orjson.loads(written)) == written


def test_orjson_alone_would_sort_otherwise() -> None:
    """Without the second writer keys come out wrong: orjson sorts by code point, RFC 8785 by UTF-16 unit."""
    value = {"\uffff": 1, "\U00010000": 2}
    assert canonical(value) == '{"\U00010000":2,"\uffff":1}'.encode()
    assert orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == '{"\uffff":1,"\U00010000":2}'.encode()


def test_tuples_are_lists() -> None:
    """A tuple is written as a list."""
    assert canonical({"a": (1, ("ü", {"ä": ()}))}) == '{"a":[1,["ü",{"ä":[]}]]}'.encode()


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.0, ""),
        ({"a": [0, {"b": 0.5}]}, "a[1].b"),
        (float("inf"), ""),
        (2**53, ""),
        ({"n": -(2**53)}, "n"),
        ([[[], 2**64]], "[0][1]"),
        ({"a": {1: 2}}, "a"),
        ({None: 2}, ""),
        ({"a": b"raw"}, "a"),
        ({"a": {"b": Decimal(1)}}, "a.b"),
        ([{1, 2}], "[0]"),
        ({"a": type("Text", (str,), {})("x")}, "a"),
    ],
)
def test_refused_with_its_place(value: Any, place: str) -> None:
    """A value that canonical JSON cannot hold is refused, and the refusal names its place."""
    with pytest.raises(InvalidRecord) as refused:
        canonical(value)
    assert refused.value.place == place


@pytest.mark.parametrize("value", ["\ud800", {"a": ["\udfff"]}, {"\ud800": 1}, {"ü": "\udc00"}, {"ü\ud83d": 1}])
def test_lone_surrogates(value: Any) -> None:
    """A lone surrogate is refused by whichever writer meets it."""
    with pytest.raises(InvalidRecord):
        canonical(value)


@pytest.mark.parametrize("other", ["a", "$dec"])
@pytest.mark.parametrize("reserved", ["$enc", "$dec", "$big"])
def test_reserved_keys_stand_alone(reserved: str, other: str) -> None:
    """A mapping that holds a reserved key and another one is refused."""
    value = {"outer": [{reserved: "1", other: "2", "more": "3"}]}
    with pytest.raises(InvalidRecord, match=r"outer\[0\]"):
        canonical(value)
    assert canonical({reserved: "1"}) == f'{{"{reserved}":"1"}}'.encode()


@pytest.mark.parametrize("container", [lambda inner: [inner], lambda inner: {"a": inner}, lambda inner: (inner,)])
def test_depth(container: Any) -> None:
    """Values nest up to 64 deep, no deeper."""
    value: Any = 1
    for _ in range(DEPTH_MAX):
        value = container(value)
    assert orjson.loads(canonical(value))
    with pytest.raises(InvalidRecord, match="deeper"):
        canonical(container(value))


def test_largest_integers() -> None:
    """Integers up to 2^53 - 1 either way are written."""
    assert canonical([2**53 - 1, 1 - 2**53]) == b"[9007199254740991,-9007199254740991]"


def test_digest() -> None:
    """The digest is the SHA-256 of the canonical bytes, in hexadecimal."""
    assert digest({"b": 1, "a": None}) == hashlib.sha256(b'{"a":null,"b":1}').hexdigest()


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | text
        | st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: Decimal(str(number))),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    )
)
@example(Decimal("12.50"))
@example(Decimal("-0.00"))
@example(2**53)
@example(-(2**200))
def test_plain_and_back(value: Any) -> None:
    """What `plain` makes of Decimals and large integers can be written, and `rich` gives the same values back."""
    written = canonical(plain(value))
    back = rich(orjson.loads(written))
    assert back == value
    assert canonical(plain(back)) == written


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_plain_refuses_what_is_no_number(number: str) -> None:
    """A Decimal that is not finite is refused."""
    with pytest.raises(InvalidRecord):
        plain(Decimal(number))


def test_plain_leaves_the_rest() -> None:
    """Tuples become lists, and what `plain` does not know is left for the writer to refuse."""
    marker = object()
    assert plain({"a": (1, (2,)), "b": marker}) == {"a": [1, [2]], "b": marker}


def test_rich_only_takes_whole_tags() -> None:
    """A mapping that is not a tag as we write it stays as it is."""
    for value in ({"$dec": 5}, {"$dec": "1", "a": 1}, {"$big": None}, {"$enc": "x"}):
        assert rich(value) == value


@pytest.mark.parametrize("sign", [1, -1])
def test_the_longest_integers(sign: int) -> None:
    """An integer of 4,300 digits is stored as tagged text and read back; one more digit is refused, and not printed."""
    longest, longer = sign * (10**4300 - 1), sign * 10**4300
    assert rich(plain(longest)) == longest
    told = "an integer of more than 4,300 digits"
    for refuse, message in (
        (lambda: plain({"loss": longer}), f"{told} cannot be stored; write it as text"),
        (lambda: canonical({"loss": longer}), f"loss: {told} is beyond 2^53 - 1; write it as a tagged integer"),
        (lambda: canonical({longer: 1}), f"the key {told} is not text"),
    ):
        with pytest.raises(InvalidRecord) as caught:
            refuse()
        assert str(caught.value).endswith(message)
