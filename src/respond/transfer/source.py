"""A foreign file as a stream of bytes that stays within its budgets, plain or gzip."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from respond.errors import ImportRejected

CHUNK = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = codecs.BOM_UTF8
_RATIO_FLOOR = 1 << 20
"""Below this many decompressed bytes no ratio is judged: a small file of equal rows may well shrink a thousandfold."""
_DAMAGE = (gzip.BadGzipFile, zlib.error)


@attrs.frozen(kw_only=True)
class Limits:
    """How much a foreign file may ask of this machine."""

    bytes_max: int = 2 * 1024**3
    """The most bytes that a file may hold, after decompression."""
    ratio_max: int = 200
    """The most decompressed bytes for one compressed byte."""
    field_max: int = 131_072
    """The most characters in one cell."""
    row_max: int = 262_144
    """The most bytes in the mapped cells of one row."""
    line_max: int = 8 * 1024**2
    """The most characters in one line or row of a CSV file, and the most bytes between two elements of an XES file."""
    depth_max: int = 64
    """How deep the elements of an XES file may nest."""
    cells_max: int = 4096
    """The most columns of a CSV file, and the most attributes of one XES event or trace."""


@attrs.frozen
class _BadByte:
    byte: int
    offset: int

    def message(self, encoding: str) -> str:
        return (
            f"byte 0x{self.byte:02x} at offset {self.offset:,} is not {encoding}; "
            'name the encoding of the file in the mapping: encoding = "cp1252" under [csv]'
        )


class Source:
    """An open foreign file.  Every message of a reader takes its place from here."""

    def __init__(self, path: str | Path, limits: Limits | None = None) -> None:
        """Open *path*; raises `ImportRejected` when that cannot be done."""
        self.path = Path(path)
        self.limits = limits or Limits()
        self.row = 0
        """The last whole row that was read; readers keep it."""
        self.bytes_done = 0
        """Bytes of the file itself that were read, for a progress bar; `bytes_total` is their number."""
        self._out = 0
        try:
            self.bytes_total = self.path.stat().st_size
            self._file: io.BufferedIOBase = self.path.open("rb")
        except OSError as error:
            raise ImportRejected(f"cannot be opened: {error.strerror}", place=str(path)) from error
        try:
            self._stream = self._decompressed()
        except BaseException:
            self._file.close()
            raise

    def _decompressed(self) -> io.BufferedIOBase:
        try:
            magic = self._file.read(2)
            self._file.seek(0)
        except OSError as error:
            raise self.rejected(f"cannot be read: {error.strerror}", place=self.path.name) from error
        if magic == _GZIP_MAGIC:
            return gzip.GzipFile(fileobj=self._file, mode="rb")
        if self.path.suffix == ".gz":
            reason = f"is not gzip: it begins with {magic!r}; give it its true ending, or the whole file"
            raise self.rejected(reason, place=self.path.name)
        return self._file

    @property
    def place(self) -> str:
        """Where reading stands, for messages."""
        return f"{self.path.name}, after row {self.row}" if self.row else f"{self.path.name}, before the end of row 1"

    def at(self, row: int, column: str | None = None) -> str:
        """Return the name of a place in this file, for messages."""
        return f"{self.path.name}, row {row}" + (f", column {column!r}" if column is not None else "")

    def rejected(self, message: str, *, place: str | None = None, value: object = None) -> ImportRejected:
        """Return the error that says why this file cannot be read further."""
        return ImportRejected(message, place=self.place if place is None else place, value=value)

    def verify(self) -> None:
        """Read a gzip file once to its end and begin anew; raises `ImportRejected` when a checksum tells of damage.

        The checksum stands behind the rows: without this they would be stored, altered, before it is met.  What stands
        before a cut is sound as far as anyone can tell, and is left to be read.
        """
        if self._stream is self._file:
            return
        try:
            while chunk := self._stream.read1(CHUNK):
                self.bytes_done = self._file.tell()
                self._spend(len(chunk))
        except EOFError:
            pass
        except _DAMAGE as error:
            raise self._damaged(error, self.path.name) from error
        except OSError as error:
            raise self.rejected(f"cannot be read: {error.strerror}", place=self.path.name) from error
        self._stream.seek(0)
        self._out = self.bytes_done = 0

    def _damaged(self, error: Exception, place: str) -> ImportRejected:
        return self.rejected(f"the gzip file is damaged ({error}); fetch it again", place=place)

    def chunks(self) -> Iterator[bytes]:
        """Yield the decompressed bytes; raises `ImportRejected` when the file is damaged or asks too much."""
        while True:
            try:
                chunk = self._stream.read1(CHUNK)  # one read at most, so that what stands before damage comes first
            except EOFError as error:
                raise self.rejected("the gzip file is cut off; fetch the whole file") from error
            except _DAMAGE as error:
                raise self._damaged(error, self.place) from error
            except OSError as error:
                raise self.rejected(f"cannot be read: {error.strerror}") from error
            if not chunk:
                return
            self.bytes_done = self._file.tell()
            self._spend(len(chunk))
            yield chunk

    def _spend(self, count: int) -> None:
        self._out += count
        if self._out > self.limits.bytes_max:
            raise self.rejected(
                f"holds more than {self.limits.bytes_max:,} bytes after decompression; split it, or raise bytes_max"
            )
        if self._out > _RATIO_FLOOR and self._out > self.limits.ratio_max * self.bytes_done:
            raise self.rejected(
                f"unpacks to more than {self.limits.ratio_max} times its size, as decompression bombs do; "
                "unpack it yourself if you trust it, or raise ratio_max"
            )

    def lines(self, encoding: str) -> Iterator[str]:
        """Yield the lines of the decoded text, each with its line feed, the last one perhaps without.

        Raises `ImportRejected` with the byte offset for a byte that *encoding* does not know, after yielding every
        whole line before it.
        """
        rest = ""
        for text in self._decoded(encoding):
            if isinstance(text, _BadByte):
                raise self.rejected(text.message(encoding), value=text.byte)
            parts = (rest + text).split("\n")
            rest = parts.pop()
            for part in parts:
                yield part + "\n"
            if len(rest) > self.limits.line_max:
                raise self.rejected(f"a line has more than {self.limits.line_max:,} characters; is this a CSV file?")
        if rest:
            yield rest

    def _decoded(self, encoding: str) -> Iterator[str | _BadByte]:
        """Yield the text piece by piece, and after the last good piece the byte that is no text."""
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        offset = 0
        mark = _BYTE_ORDER_MARK if codecs.lookup(encoding).name == "utf-8" else b""
        for read in self._chunks_then_end():
            chunk = read
            if mark and offset == 0 and read.startswith(mark):
                chunk, offset = read[len(mark) :], len(mark)
            before = decoder.getstate()
            pending = len(before[0])
            try:
                yield decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                decoder.setstate(before)
                yield decoder.decode(chunk[: max(0, error.start - pending)])
                yield _BadByte(error.object[error.start], offset - pending + error.start)
                return
            offset += len(chunk)

    def _chunks_then_end(self) -> Iterator[bytes]:
        yield from self.chunks()
        yield b""

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        self._stream.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
