"""Facts: what one row says, in the words of the plan and the workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import attrs

from respond.domain.moments import Moment
from respond.errors import ImportRejected, InvalidMapping, InvalidMoment
from respond.plan.plan import OTHER, Plan
from respond.transfer.mapping import LogMapping
from respond.transfer.mapping_parts import KEEP, OPEN, SEPARATOR, Lookup
from respond.transfer.rows import Row
from respond.transfer.source import Source
from respond.transfer.times import reader_of
from respond.workflow.workflow import Workflow

_LISTED = 20
"""How many accepted values a message names."""
_REMEMBERED = 4096
"""How many meanings of a group of cells are remembered."""


@attrs.frozen(kw_only=True)
class Facts:
    """What one row says about its incident."""

    label: str
    """The source state, as the log calls it."""
    target: str
    """Where that state leads: a state of the workflow, `keep` or `open`."""
    unknown: bool
    """Whether the mapping does not know the source state."""
    level: int | None
    level_label: str
    team: str | None
    fields: Mapping[str, str]
    """The fields of the assessment."""
    texts: Mapping[str, str]
    """Title, category and reference, as the log calls them."""


@attrs.frozen(kw_only=True)
class Opening:
    """What the first row of a case says beside its facts."""

    opened: Moment | None
    reporter: str | None
    category: str
    title: str
    reference: str


def check_mapping(mapping: LogMapping, plan: Plan, workflow: Workflow) -> None:
    """Raise `InvalidMapping` when *mapping* leads to a state, a level or a category that does not exist."""
    for cells, target in mapping.state.targets.items():
        if target not in (KEEP, OPEN, *workflow.states):
            states = ", ".join((*workflow.states, KEEP, OPEN))
            raise InvalidMapping(
                f"{target!r} is not a state of the workflow {workflow.reference}; write one of {states}",
                place="state.map." + ".".join(cells),
                value=target,
            )
    for cells, level in mapping.level.targets.items() if mapping.level else ():
        if plan.level(level) is None:
            raise InvalidMapping(
                f"{level} is not a level of the plan {plan.reference}; it has 1 (the worst) to {len(plan.levels)}",
                place="level.map." + ".".join(cells),
                value=level,
            )
    if mapping.category is not None:
        named = {f"map.{word}": category for word, category in mapping.category.targets.items()}
        for place, category in {**named, "fallback": mapping.category.fallback}.items():
            if plan.category(category) is None:
                known = ", ".join(one.id for one in plan.categories)
                raise InvalidMapping(
                    f"{category!r} is not a category of the plan {plan.reference}; it has {known}",
                    place=f"category.{place}",
                    value=category,
                )


_Cells = tuple[str | None, ...]
MeaningT = TypeVar("MeaningT")


class _Group(Generic[MeaningT]):
    """Columns that mean something together; what the same cells meant last time is remembered."""

    def __init__(self, columns: tuple[str, ...], meaning: Callable[[_Cells], MeaningT]) -> None:
        self._columns = columns
        self._meaning = meaning
        self._remembered: dict[_Cells, MeaningT] = {}

    def read(self, row: Row) -> MeaningT:
        """Return what the cells of *row* mean; rows with the same cells share one value."""
        cells = tuple(map(row.cells.get, self._columns))
        found = self._remembered.get(cells)
        if found is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[cells] = self._meaning(cells)
        return found


class FactsReader:
    """Reads rows under a mapping; every method raises `ImportRejected` that names row, column and value."""

    def __init__(self, mapping: LogMapping, plan: Plan, source: Source) -> None:
        self._mapping = mapping
        self._plan = plan
        self._source = source
        self._time = reader_of(mapping.time, "time")
        self._opened = reader_of(mapping.opened, "opened") if mapping.opened else None
        self._nulls = frozenset({"", *mapping.nulls})
        level = mapping.level.columns if mapping.level else ()
        self._states, self._levels = len(mapping.state.columns), len(level)
        self._judged = _Group((*mapping.state.columns, *level, *mapping.assessment.values()), self._judged_of)
        texts = {
            "title": mapping.title,
            "category": mapping.category.column if mapping.category else None,
            "reference": mapping.reference,
        }
        given = {name: column for name, column in texts.items() if column is not None}
        self._texts = _Group(tuple(given.values()), lambda cells: self._named(given, cells))

    def case(self, row: Row) -> str:
        """Return the case that *row* is about."""
        case = self._cell(row, self._mapping.case)
        if case is None:
            raise self._missing(row, self._mapping.case, "every row must name its case")
        return case

    def read(self, row: Row) -> Facts:
        """Return what *row* says."""
        mapping = self._mapping
        label, target, level, level_label, fields = self._judged.read(row)
        if target is None and mapping.state.unknown == "refuse":
            raise self._unknown(row, mapping.state, label, "state", "record")
        if level is None and level_label and mapping.level and mapping.level.unknown == "refuse":
            raise self._unknown(row, mapping.level, level_label, "level", "ignore")
        return Facts(
            label=label,
            target=KEEP if target is None else target,
            unknown=target is None,
            level=level,
            level_label=level_label,
            team=self._cell(row, mapping.team),
            fields=fields,
            texts=self._texts.read(row),
        )

    def time(self, row: Row) -> Moment:
        """Return when *row* was written."""
        return self._moment(row, self._mapping.time.column, self._time)

    def actor(self, row: Row) -> str | None:
        """Return who wrote *row*."""
        return self._cell(row, self._mapping.actor)

    def opening(self, row: Row, case: str) -> Opening:
        """Return what *row*, the first of *case*, says beside its facts."""
        mapping = self._mapping
        opened = None
        if mapping.opened and self._opened and self._cell(row, mapping.opened.column) is not None:
            opened = self._moment(row, mapping.opened.column, self._opened)
        reference = self._cell(row, mapping.reference) or case
        return Opening(
            opened=opened,
            reporter=self._cell(row, mapping.reporter or mapping.actor),
            category=self._category(row),
            title=self._cell(row, mapping.title) or f"{mapping.log} {reference}",
            reference=reference,
        )

    def _cell(self, row: Row, column: str | None) -> str | None:
        if column is None:
            return None
        text = row.cells.get(column)
        return None if text in self._nulls else text

    def _moment(self, row: Row, column: str, read: Callable[[str], Moment]) -> Moment:
        text = self._cell(row, column)
        if text is None:
            raise self._missing(row, column, "every row needs a time")
        try:
            return read(text)
        except InvalidMoment as error:
            raise self._reject(row, column, str(error), text) from error

    def _known(self, cells: _Cells) -> tuple[str, ...]:
        return tuple(["" if text is None or text in self._nulls else text for text in cells])

    def _judged_of(self, cells: _Cells) -> tuple[str, str | None, int | None, str, Mapping[str, str]]:
        """Return what the cells of state, level and assessment mean; rows share most of these."""
        state, rest = cells[: self._states], cells[self._states :]
        fields = self._named(self._mapping.assessment, rest[self._levels :])
        return *self._state_of(state), *self._level_of(rest[: self._levels]), fields

    def _state_of(self, cells: _Cells) -> tuple[str, str | None]:
        """Return the source state and where it leads; None when the mapping does not know it."""
        known = self._known(cells)
        return SEPARATOR.join(known), self._mapping.state.targets.get(known)

    def _level_of(self, cells: _Cells) -> tuple[int | None, str]:
        """Return the level and what the log calls it; no level when the cells are empty or the mapping lacks them."""
        known = self._known(cells)
        if self._mapping.level is None or not any(known):
            return None, ""
        return self._mapping.level.targets.get(known), SEPARATOR.join(known)

    def _named(self, names: Iterable[str], cells: _Cells) -> Mapping[str, str]:
        return {name: text for name, text in zip(names, self._known(cells), strict=True) if text}

    def _category(self, row: Row) -> str:
        column = self._mapping.category
        if column is None:
            return OTHER
        word = self._cell(row, column.column) or ""
        category = column.targets.get(word, word)
        return category if self._plan.category(category) is not None else column.fallback

    def _unknown(self, row: Row, lookup: Lookup[Any], label: str, word: str, pass_on: str) -> ImportRejected:
        return self._reject(
            row,
            lookup.columns[-1],
            f"{label!r} is a {word} that the mapping does not know; it knows {_listed(lookup)}; "
            f'add it under [{word}.map], or write unknown = "{pass_on}" under [{word}]',
            label,
        )

    def _missing(self, row: Row, column: str, reason: str) -> ImportRejected:
        return self._reject(row, column, f"holds nothing; {reason}", row.cells.get(column))

    def _reject(self, row: Row, column: str, message: str, value: object) -> ImportRejected:
        return self._source.rejected(message, place=self._source.at(row.number, column), value=value)


def _listed(lookup: Lookup[Any]) -> str:
    known = [repr(SEPARATOR.join(cells)) for cells in lookup.targets]
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return ", ".join(known[:_LISTED]) + more
