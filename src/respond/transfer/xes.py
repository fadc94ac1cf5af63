"""XES: one event at a time, read by a parser that trusts nothing.

Only what a log needs is taken: the direct attributes of each event, and those of its trace under `case:`.  A DOCTYPE
is refused, so there are no entities; nesting, attributes and bytes have budgets; nothing is kept of an element once it
ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from respond.errors import ImportRejected
from respond.transfer.rows import Row
from respond.transfer.source import Source

CASE_PREFIX = "case:"
_KINDS = frozenset({"string", "date", "int", "float", "boolean", "id"})
_REASONS = {
    expat.errors.XML_ERROR_NO_ELEMENTS: "the file ends before its last element; fetch the whole file",
    expat.errors.XML_ERROR_UNCLOSED_TOKEN: "the file ends inside an element; fetch the whole file",
    expat.errors.XML_ERROR_UNKNOWN_ENCODING: "unknown encoding; save the file as UTF-8",
    expat.errors.XML_ERROR_INVALID_TOKEN: "a sign that cannot stand here, or a byte that its encoding does not know; "
    "save the file as UTF-8, or name its encoding in the first line",
}
"""What is wrong and what to do, for the parser's messages that leave people alone with it."""


def read_xes(source: Source) -> Iterator[Row]:
    """Yield the events of *source* as rows; raises `ImportRejected` for what is no XES, or asks too much."""
    reader = _Reader(source)
    for chunk in source.chunks():
        yield from reader.feed(chunk)
    yield from reader.feed(b"", last=True)


class _Reader:
    """Turns chunks of XML into rows."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._limits = source.limits
        self._read = 0
        """Events that were read; `source.row` follows when they are handed on."""
        self._ready: list[Row] = []
        self._path: list[str] = []
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] | None = None
        self._quiet = 0
        """Bytes since the last element began or ended."""
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, chunk: bytes, *, last: bool = False) -> Iterator[Row]:
        """Yield the events that *chunk* completes, and only then raise what is wrong after them."""
        failure: Exception | None = None
        self._quiet += len(chunk)
        try:
            self._parser.Parse(chunk, last)
        except (ImportRejected, expat.ExpatError, LookupError) as error:
            failure = error
        ready, self._ready = self._ready, []
        for row in ready:
            self._source.row = row.number
            yield row
        if isinstance(failure, expat.ExpatError):
            raise self._malformed(failure) from failure
        if isinstance(failure, LookupError):
            raise self._reject(f"{failure}; save the file as UTF-8") from failure
        if failure is not None:
            raise failure
        if self._quiet > self._limits.line_max:
            raise self._reject(f"more than {self._limits.line_max:,} bytes without an element; is this an XES file?")

    def _reject(self, message: str, value: object = None) -> ImportRejected:
        """Return an error whose place is the line, and the last event before it."""
        place = f"{self._source.path.name}, line {self._parser.CurrentLineNumber:,}"
        if self._read:
            place += f", after row {self._read}"
        return self._source.rejected(message, place=place, value=value)

    def _malformed(self, error: expat.ExpatError) -> ImportRejected:
        reason = expat.ErrorString(error.code)
        reason = _REASONS.get(reason, reason)
        return self._reject(f"not well-formed XML at byte {max(0, self._parser.ErrorByteIndex):,}: {reason}")

    def _doctype(self, name: str, *_: object) -> None:
        raise self._reject("a DOCTYPE stands here, and none is read: remove it; XES needs none", value=name)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._quiet = 0
        path = self._path
        tag = name.rpartition(" ")[2]
        if not path and tag != "log":
            raise self._reject(f"the root element is <{tag}>, expected <log>; is this an XES file?", value=tag)
        if len(path) >= self._limits.depth_max:
            raise self._reject(f"elements nest deeper than {self._limits.depth_max}; XES needs 5 or so", value=tag)
        parent = path[-1] if path else ""
        path.append(tag)
        if tag in _KINDS:
            if parent == "event" and self._event is not None:
                self._put(self._event, attributes)
            elif parent == "trace":
                self._put_case(attributes)
        elif tag == "event" and parent in ("trace", "log"):
            self._event = dict(self._trace)
        elif tag == "trace" and parent == "log":
            self._trace, self._event = {}, None

    def _put_case(self, attributes: dict[str, str]) -> None:
        if self._event is not None:
            raise self._reject("an attribute of the trace stands after its events; XES puts it before them")
        self._put(self._trace, attributes, CASE_PREFIX)

    def _put(self, cells: dict[str, str], attributes: dict[str, str], prefix: str = "") -> None:
        key, value = attributes.get("key"), attributes.get("value")
        if key is None or value is None:
            raise self._reject("an attribute lacks its key or its value")
        key = prefix + key
        if key in cells:
            raise self._reject(f"the attribute {key!r} stands twice in one place", value=key)
        if len(value) > self._limits.field_max:
            raise self._reject(f"the attribute {key!r} has more than {self._limits.field_max:,} characters")
        if len(cells) >= self._limits.cells_max:
            raise self._reject(f"more than {self._limits.cells_max:,} attributes in one place")
        cells[key] = value

    def _end(self, _name: str) -> None:
        self._quiet = 0
        tag = self._path.pop()
        if self._event is None:
            return
        if tag == "trace":
            self._trace, self._event = {}, None
        elif tag == "event" and self._path[-1] in ("trace", "log"):
            self._read += 1
            self._ready.append(Row(self._read, dict(sorted(self._event.items()))))
