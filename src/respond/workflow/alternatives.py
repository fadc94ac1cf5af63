"""Alternatives: what a trigger may do from one state, and which values of the fields decide between them.

Decided exactly for guards that are comparisons; what other guards say is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from respond.workflow.comparison import Comparison, shown
from respond.workflow.definition import Guard, Transition
from respond.workflow.ranges import ConstantUnfit, FieldUnknown, Values, values_of

Point = Mapping[str, Any]
"""A value for each field that comparisons look at."""


@attrs.frozen
class Misread:
    """A comparison that no value of its field can be held to."""

    code: str
    guard: str
    text: str


@attrs.frozen
class Alternative:
    """One transition, with what its guards compare and which of them cannot be read."""

    transition: Transition
    comparisons: tuple[Comparison, ...]
    opaque: frozenset[str]
    """The codes of the guards that are code."""


class Alternatives:
    """The transitions of one trigger from one state, in the order in which they are tried."""

    def __init__(
        self, source: str, transitions: Sequence[Transition], guards: Mapping[str, Guard], *, command: type, state: type
    ) -> None:
        self.misread: tuple[Misread, ...] = ()
        self._source = source
        self._owners = {"command": command, "state": state}
        self._values: dict[str, Values | None] = {}
        asked = dict.fromkeys(code for one in transitions for code in one.guards if code in guards)
        compared = {code: one for code in asked if (one := guards[code].comparison) is not None}
        readable = {code: one for code, one in compared.items() if self._readable(code, one)}
        self._ranges = self._cut(readable)
        readable = {code: one for code, one in readable.items() if one.field in self._ranges}
        self.all = tuple(
            Alternative(
                transition,
                tuple(readable[code] for code in transition.guards if code in readable),
                frozenset(code for code in transition.guards if code not in readable),
            )
            for transition in transitions
        )

    def point(self, must: Iterable[Comparison], avoid: Iterable[Alternative]) -> Point | None:
        """Return values for which every one of *must* holds, and none of *avoid* agrees; None when there are none."""
        musts, avoided = tuple(must), tuple(one.comparisons for one in avoid)
        fields = list(dict.fromkeys(one.field for group in (musts, *avoided) for one in group))
        return self._search(fields, musts, avoided, {}, set())

    def impossible(self) -> Iterator[Alternative]:
        """Yield the alternatives whose own comparisons contradict each other."""
        yield from (one for one in self.all if one.comparisons and self.point(one.comparisons, ()) is None)

    def shadowed(self) -> Iterator[Alternative]:
        """Yield the alternatives that agree only where earlier ones, taken first, agree too."""
        for index, one in enumerate(self.all):
            earlier = [other for other in self.all[:index] if other.opaque <= one.opaque]
            if not any(other.comparisons for other in earlier):
                continue  # one that asks no more by its codes is found without looking at values
            possible = self.point(one.comparisons, ()) is not None
            if possible and self.point(one.comparisons, earlier) is None:
                yield one

    def overlaps(self) -> Iterator[tuple[Alternative, Alternative, Point]]:
        """Yield two alternatives that lead to different states and both agree with some values, and such values.

        One that asks only what an earlier one asks too stands behind it as the way otherwise, which is no overlap.
        """
        for index, one in enumerate(self.all):
            for other in self.all[index + 1 :]:
                otherwise = set(other.transition.guards) < set(one.transition.guards)
                same = (one.transition.dest or self._source) == (other.transition.dest or self._source)
                if otherwise or same or one.opaque != other.opaque or not (one.comparisons and other.comparisons):
                    continue
                found = self.point((*one.comparisons, *other.comparisons), ())
                if found is not None:
                    yield one, other, found

    def gap(self) -> Point | None:
        """Return values with which no alternative agrees, where they share out the values; None when they leave none.

        What all of them ask is a condition of the command, not of the choice between them.
        """
        shared = set.intersection(*(set(one.comparisons) for one in self.all)) if self.all else set()
        if len(self.all) < 2 or any(one.opaque != self.all[0].opaque for one in self.all):  # noqa: PLR2004  a choice
            return None
        if any(set(one.comparisons) <= shared for one in self.all):
            return None
        return self.point(tuple(shared), self.all)

    def _readable(self, code: str, comparison: Comparison) -> bool:
        """Return whether it is known what the field may hold; a field that there is not is misread."""
        owner = self._owners[comparison.reads]
        if comparison.field == "state.status":
            self._values[comparison.field] = Values(str)
            return True
        try:
            values = values_of(owner, comparison)
        except FieldUnknown as unknown:
            text = f"{owner.__name__} has no field {str(unknown)!r}; write {comparison.reads}.NAME of one that it has"
            self.misread += (Misread("guard-field-unknown", code, text),)
            return False
        self._values[comparison.field] = values
        return values is not None

    def _cut(self, readable: Mapping[str, Comparison]) -> dict[str, tuple[Any, ...]]:
        """Return for each field one value of each range of it."""
        found: dict[str, tuple[Any, ...]] = {}
        for field in dict.fromkeys(one.field for one in readable.values()):
            values = self._values[field]
            if values is None:
                continue
            asked = [one for one in readable.values() if one.field == field]
            try:
                cut = values.ranges(asked)
                found[field] = (self._source,) if field == "state.status" else cut
            except ConstantUnfit as unfit:
                (constant,) = unfit.args
                code = next(code for code, one in readable.items() if one.field == field and constant in one.constants)
                text = f"{field} is never {shown(constant)}, by its type; write a value that it may hold"
                self.misread += (Misread("guard-constant-unfit", code, text),)
        return found

    def _search(
        self,
        fields: list[str],
        must: tuple[Comparison, ...],
        avoid: tuple[tuple[Comparison, ...], ...],
        point: dict[str, Any],
        failed: set[tuple[int, tuple[tuple[Comparison, ...], ...]]],
    ) -> Point | None:
        """Give each field a value, one after the other; what is left to avoid decides whether that can go well."""
        if not fields:
            return None if avoid else point
        if any(not comparisons for comparisons in avoid) or (len(fields), avoid) in failed:
            return None
        field, rest = fields[0], fields[1:]
        for value in self._ranges[field]:
            if not all(one.holds(value) for one in must if one.field == field):
                continue
            agreeing = (group for group in avoid if all(one.holds(value) for one in group if one.field == field))
            left = tuple(dict.fromkeys(tuple(one for one in group if one.field != field) for group in agreeing))
            found = self._search(rest, must, left, {**point, field: value}, failed)
            if found is not None:
                return found
        failed.add((len(fields), avoid))
        return None


def told(point: Point) -> str:
    """Return values as people read them: `command.customers = 10 and command.vip = True`."""
    return " and ".join(f"{field} = {shown(value)}" for field, value in point.items()) or "any values"
