"""Order: rows in the order of columns, in bounded memory."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import orjson

from respond.domain.moments import to_microseconds
from respond.errors import InvalidMoment
from respond.transfer.mapping import LogMapping
from respond.transfer.mapping_parts import OrderColumn
from respond.transfer.rows import Row
from respond.transfer.source import Source
from respond.transfer.times import reader_of

RUN = 20_000
"""How many rows are sorted at once; more go through temporary files, one for each run."""

Key = tuple[object, ...]


def ordered(rows: Iterable[Row], mapping: LogMapping, source: Source, *, run: int = RUN) -> Iterator[Row]:
    """Yield *rows* in the order that *mapping* asks: as they come, or by its order columns, equal ones as they come.

    An empty cell comes first.  Raises `ImportRejected` for a cell that is no number or no time.
    """
    if not mapping.order:
        yield from rows
        return
    key = _key(mapping, source)
    rest = iter(rows)
    runs: list[Iterator[Row]] = []
    while part := sorted(islice(rest, run), key=key):
        ahead = list(islice(rest, 1))
        runs.append(iter(part) if not ahead else _spooled(part))
        rest = chain(ahead, rest)
    yield from heapq.merge(*runs, key=key)


def _spooled(rows: Iterable[Row]) -> Iterator[Row]:
    spool = cast("BinaryIO", TemporaryFile())  # noqa: SIM115 - closed with the generator
    spool.writelines(orjson.dumps([row.number, row.cells]) + b"\n" for row in rows)
    spool.seek(0)
    return _unspooled(spool)


def _unspooled(spool: BinaryIO) -> Iterator[Row]:
    with spool:
        for line in spool:
            number, cells = orjson.loads(line)
            yield Row(number, cells)


def _key(mapping: LogMapping, source: Source) -> Callable[[Row], Key]:
    nulls = frozenset({"", *mapping.nulls})
    readers = [(order, _reader(order, mapping)) for order in mapping.order]

    def key(row: Row) -> Key:
        parts: list[object] = []
        for order, read in readers:
            text = row.cells.get(order.column)
            if text is None or text in nulls:
                parts.append((0,))
                continue
            try:
                parts.append((1, read(text)))
            except (InvalidMoment, InvalidOperation) as error:
                reason = str(error) if isinstance(error, InvalidMoment) else f"{text!r} is not a number"
                place = source.at(row.number, order.column)
                raise source.rejected(reason, place=place, value=text) from error
        return (*parts, row.number)

    return key


def _reader(order: OrderColumn, mapping: LogMapping) -> Callable[[str], object]:
    match order.type:
        case "text":
            return str
        case "number":
            return _number
        case "time":
            read = reader_of(mapping.time, "time")
            return lambda text: to_microseconds(read(text).at)


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise InvalidOperation
    return number
