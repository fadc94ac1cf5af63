"""A mapping: what the columns of a foreign log mean.  docs/reference/mapping.md tells how to write one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import attrs

from respond.errors import InvalidMapping
from respond.transfer.csv import CsvFormat
from respond.transfer.mapping_parts import CategoryColumn, LevelLookup, LogFormat, LogKind, OrderColumn, StateLookup
from respond.transfer.mapping_reader import read_mapping
from respond.transfer.times import TimeColumn, reader_of


@attrs.frozen(kw_only=True)
class LogMapping:
    """How a foreign log is read.  Raises `InvalidMapping` when it contradicts itself."""

    log: str
    """The name of the log: part of every id, so that logs never meet by accident."""
    format: LogFormat
    kind: LogKind
    """`snapshots`: a row is the whole incident, and its changes count; `activities`: each row is a step."""
    case: str
    """The column that says which incident a row is about."""
    time: TimeColumn
    state: StateLookup
    csv: CsvFormat = CsvFormat()
    order: tuple[OrderColumn, ...] = ()
    """Empty: the order of the file is the order of events."""
    opened: TimeColumn | None = None
    """When the incident was reported; the first row's time when None."""
    level: LevelLookup | None = None
    team: str | None = None
    actor: str | None = None
    """Who made the row."""
    reporter: str | None = None
    """Who reported the incident; the actor of the first row when None."""
    title: str | None = None
    reference: str | None = None
    """What people call the incident; the case id when None."""
    category: CategoryColumn | None = None
    assessment: Mapping[str, str] = attrs.field(factory=dict)
    """Fields of the assessment, and the column of each."""
    key: tuple[str, ...] = ()
    """Columns that nothing else reads, and that tell rows apart nevertheless."""
    nulls: frozenset[str] = frozenset()
    """Texts that stand for nothing; an empty cell always does."""
    future: tuple[str, ...] = ()
    """Columns that already tell what comes later: never read."""

    def __attrs_post_init__(self) -> None:
        reader_of(self.time, "time")
        if self.opened is not None:
            reader_of(self.opened, "opened")
        for place, column in self.places():
            if column in self.future:
                raise InvalidMapping(
                    f"{column!r} is listed under future, because it tells what comes later; map another column, "
                    "or take it from that list",
                    place=place,
                    value=column,
                )

    def places(self) -> list[tuple[str, str]]:
        """Return each key of the mapping that names a column, with the column."""
        level = self.level.columns if self.level else ()
        named: list[tuple[str, str | None]] = [
            ("case", self.case),
            ("time.column", self.time.column),
            ("opened.column", self.opened.column if self.opened else None),
            ("category.column", self.category.column if self.category else None),
            ("team", self.team),
            ("actor", self.actor),
            ("reporter", self.reporter),
            ("title", self.title),
            ("reference", self.reference),
            *((f"state.columns[{index}]", column) for index, column in enumerate(self.state.columns)),
            *((f"level.columns[{index}]", column) for index, column in enumerate(level)),
            *((f"assessment.{name}", column) for name, column in self.assessment.items()),
            *((f"order[{index}].column", order.column) for index, order in enumerate(self.order)),
            *((f"key[{index}]", column) for index, column in enumerate(self.key)),
        ]
        return [(place, column) for place, column in named if column is not None]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the mapping names, sorted: the mapped cells of a row."""
        return tuple(sorted({column for _, column in self.places()}))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the mapping in the TOML file at *path*; raises `InvalidMapping` that names the file and the key."""
        return read_mapping(cls, Path(path))
