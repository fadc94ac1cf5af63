"""What changed between two versions of a plan, as sentences in the words of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import attrs

from respond.domain.money import Money
from respond.plan.activation import Activation
from respond.plan.calendars import Calendar
from respond.plan.classification import Level, ResponseLevel
from respond.plan.composed import identity
from respond.plan.conditions import Condition, Range
from respond.plan.contents import is_table
from respond.plan.customer_care import CompensationLimit, CustomerCare
from respond.plan.follow_up import FollowUp
from respond.plan.lint_names import NAMES
from respond.plan.measures import Measure
from respond.plan.obligations import Clock, Obligation, Recurrence, Rung
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.plan.spans import Span
from respond.plan.tables import fields_of
from respond.plan.titles import Titled
from respond.plan.upkeep import ReviewRules, Revision
from respond.plan.words import Words

Kind = Literal["added", "removed", "changed", "moved"]

_SINGLE: Mapping[type, str] = {
    Activation: "The activation",
    CustomerCare: "Customer care",
    ReviewRules: "The review",
    FollowUp: "The follow-up",
    Revision: "The revision",
}
_NOUNS: Mapping[str, str] = {
    "categories": "Category",
    "bodies": "Body",
    "authority": "Rule of authority",
    "access": "Rule of access",
    "duties": "Duty",
    "roster": "Member",
}
_NOW: Mapping[tuple[type, str], str] = {
    (Level, "when"): "is now suggested",
    (Level, "dwell"): "now lasts at least",
    (Level, "response"): "now leads to",
    (ResponseLevel, "automatic"): "now starts by itself with",
    (Measure, "when"): "is now asked with",
    (Measure, "role"): "is now done by",
    (Measure, "within"): "is now to be begun within",
    (Obligation, "due"): "is due",
    (Obligation, "when"): "is now owed with",
    (Obligation, "role"): "is now owed by",
    (Obligation, "recurs"): "is now owed",
    (Role, "required_from"): "must now be filled from level",
    (Revision, "every"): "now comes every",
}
"""What is said before the new value, where that is not the name of the key."""
_HOLDS: Mapping[tuple[type, str], str] = {
    (Measure, "after"): "comes after",
    (Measure, "levels"): "is done at level",
    (Measure, "categories"): "is for",
    (Measure, "resources"): "needs",
    (Obligation, "levels"): "is owed at level",
    (Obligation, "categories"): "is owed for",
    (Obligation, "before"): "bars",
    (Role, "substitutes"): "is stood in for by",
    (Plan, "covers"): "covers",
}
"""What is said before something that a list now holds, or holds no longer."""


@attrs.frozen(kw_only=True)
class Change:
    """One difference between two versions of a plan."""

    kind: Kind
    place: str
    """Where it stands, by ids: `measures.contain.after`."""
    text: str
    """The sentence."""


def diff(old: Plan, new: Plan) -> tuple[Change, ...]:
    """Return what changed from *old* to *new*, in the order of the plan; nothing when they are equal."""
    return tuple(_Compared(Words(old), Words(new)).changes())


@attrs.frozen
class _Compared:
    old: Words
    new: Words

    def changes(self) -> Iterator[Change]:
        for key, field in fields_of(Plan).items():
            before, after = getattr(self.old.plan, field.name), getattr(self.new.plan, field.name)
            if before == after:
                continue
            if any(is_table(part) for part in _items(before, after)):
                yield from self._parts(key, before, after)
            elif is_table(before) or is_table(after):
                yield from self._single(key, before, after)
            else:
                yield from self._field(Plan, key, "The plan", key, before, after)

    def _parts(self, section: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
        was, now = ({str(identity(part)): part for part in parts} for parts in (before, after))
        for key, part in was.items():
            if key not in now:
                text = f"{_subject(self.old, section, part)} was removed."
                yield Change(kind="removed", place=f"{section}.{key}", text=text)
        for key, part in now.items():
            if key not in was:
                text = f"{_subject(self.new, section, part)} was added."
                yield Change(kind="added", place=f"{section}.{key}", text=text)
            elif part != was[key]:
                subject = _subject(self.old, section, was[key])
                kind: type = type(part)
                for name, field in fields_of(kind).items():
                    values = getattr(was[key], field.name), getattr(part, field.name)
                    if values[0] != values[1]:
                        yield from self._field(kind, name, subject, f"{section}.{key}.{name}", *values)
        kept = [key for key in was if key in now]
        if kept != [key for key in now if key in was]:
            order = ", ".join(f"'{self.new.title(part)}'" for part in now.values())
            yield Change(kind="moved", place=section, text=f"The order of the {_spoken(section)} is now {order}.")

    def _single(self, section: str, before: Any, after: Any) -> Iterator[Change]:
        subject = _SINGLE[type(after if before is None else before)]
        if before is None or after is None:
            came: Kind = "added" if before is None else "removed"
            yield Change(kind=came, place=section, text=f"{subject} was {came}.")
            return
        table: type = type(after)
        for name, field in fields_of(table).items():
            values = getattr(before, field.name), getattr(after, field.name)
            if values[0] != values[1]:
                yield from self._field(table, name, subject, f"{section}.{name}", *values)

    def _field(self, kind: type, key: str, subject: str, place: str, before: Any, after: Any) -> Iterator[Change]:
        if key == "title":
            text = f"{subject} is now called '{after}'."
        elif isinstance(after, Mapping):
            yield from self._mapped(key, subject, place, before, after)
            return
        elif _are_names(before, after) and (held := self._held(kind, key, subject, place, before, after)):
            yield from held
            return
        else:
            was, now = _said(self.old, kind, key, before), _said(self.new, kind, key, after)
            verb = _NOW.get((kind, key)) if after else None
            are = "are" if key.endswith("s") and isinstance(after, tuple) else "is"
            said = f"{subject} {verb}" if verb else f"{subject}: {_spoken(key)} {are} now"
            text = f"{said} {now} (was {self._before(kind, key, before, after) or _rest(was, now)})."
        yield Change(kind="changed", place=place, text=text)

    def _before(self, kind: type, key: str, before: Any, after: Any) -> str | None:
        """Return what to say of *before*: a span whole, of several things those that are gone; None for all else."""
        if isinstance(before, Span):
            return _said(self.old, kind, key, before)
        if isinstance(before, tuple) and len(before) > 1 and after:
            gone = tuple(one for one in before if one not in after)
            return _said(self.old, kind, key, gone or before)
        return None

    def _held(
        self, kind: type, key: str, subject: str, place: str, before: Sequence[Any], after: Sequence[Any]
    ) -> list[Change]:
        """Return what a list now holds and holds no longer; nothing when only its order changed."""
        verb = _HOLDS.get((kind, key), f"has among its {_spoken(key)}")
        came = [one for one in after if one not in before]
        went = [one for one in before if one not in after]
        said = []
        if came:
            said.append(f"{subject} now {verb} {_said(self.new, kind, key, tuple(came))}.")
        if went:
            said.append(f"{subject} no longer {verb} {_said(self.old, kind, key, tuple(went))}.")
        return [Change(kind="changed", place=place, text=text) for text in said]

    def _mapped(
        self, key: str, subject: str, place: str, before: Mapping[str, str], after: Mapping[str, str]
    ) -> Iterator[Change]:
        for name in sorted({*before, *after}):
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            text = (
                f"{subject} has no {_spoken(key)} in '{name}' any more."
                if now is None
                else (f"{subject} is now called '{now}' in '{name}' (was {_quoted(was)}).")
            )
            yield Change(kind="changed", place=f"{place}.{name}", text=text)


def _items(*values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, tuple):
            yield from value


def _subject(words: Words, section: str, part: Any) -> str:
    if isinstance(part, Level):
        return f"Level {part.number} ({words.title(part)})"
    if isinstance(part, Obligation) and part.report is not None and part.recipient is not None:
        return f"The {part.report.replace('_', '-')} report to {words.name('audiences', part.recipient)}"
    noun = _NOUNS.get(section) or section.removesuffix("s").replace("_", " ").capitalize()
    name = (
        part.title
        if isinstance(part, Titled)
        else f"{part.name}@{part.version}"
        if isinstance(part, Calendar)
        else part.id
    )
    return f"{noun} '{name}'"


def _are_names(*values: Any) -> bool:
    return all(isinstance(value, tuple) and all(isinstance(one, (str, int)) for one in value) for value in values)


def _spoken(key: str) -> str:
    return key.replace("_", " ")


def _quoted(text: str | None) -> str:
    return "nothing" if text is None else f"'{text}'"


def _said(words: Words, kind: type, key: str, value: Any) -> str:
    """Return the value of a key in words."""
    section = NAMES.get((kind, key), ("", ""))[0]
    match value:
        case None | () | "":
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case str():
            return f"'{words.name(section, value)}'" if section else f"'{value}'"
        case int():
            return words.amount(value)
        case Money():
            return words.amount(value)
        case Span():
            return words.span(value)
        case date():
            return value.isoformat()
        case Range():
            return words.range(value)
        case Recurrence():
            return words.recurrence(value)
        case CompensationLimit():
            return f"{words.amount(value.up_to)} for '{words.name('roles', value.role)}'"
        case Clock():
            return words.clock(value)
        case Rung():
            return words.rung(value)
        case Condition():
            return words.condition(value)
        case tuple():
            mark = ", or " if isinstance(value[0], (Condition, Clock)) else ", "
            return mark.join(_said(words, kind, key, one) for one in value)
        case _:
            return str(value)


def _rest(was: str, now: str) -> str:
    """Return what *was* says and *now* does not: of two phrases that begin or end alike, the part between."""
    old, new = was.split(" "), now.split(" ")
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    rest = old[start : len(old) - end]
    return " ".join(rest) if rest and len(new) - end > start else was
