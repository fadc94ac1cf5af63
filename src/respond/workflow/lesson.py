"""A lesson: what an incident or an outside case teaches, recorded, revised and withdrawn; one stream each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import fields_of, replace
from respond.workflow import approvals
from respond.workflow.definition import (
    NEW,
    Companion,
    Evolve,
    Handler,
    Situation,
    Transition,
    command_type,
    guard,
    not_blank,
    text_within,
)
from respond.workflow.incident import INCIDENT_CATEGORY
from respond.workflow.incident.review import DrawLesson
from respond.workflow.workflow import Workflow

LESSON_CATEGORY = "lesson"
"""The category of the streams of lessons."""
RECORDED = "recorded"
WITHDRAWN = "withdrawn"
STATES = (RECORDED, WITHDRAWN)

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class LessonRecorded:
    """Something was learnt."""

    from_: str
    to: str
    text: str
    tags: tuple[str, ...] = ()
    category: str | None = None
    """The category of incident that it is about."""
    level: int | None = None
    """The level of incident that it is about."""
    site: str | None = None
    incident: str | None = None
    """The id of the incident that teaches it."""
    source: str = ""
    """Where it was learnt, when it was not from an incident of this log."""


@event_type()
@attrs.frozen(kw_only=True)
class LessonRevised:
    """The lesson reads otherwise from now on."""

    text: str
    tags: tuple[str, ...] = ()
    category: str | None = None
    level: int | None = None
    site: str | None = None
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class LessonWithdrawn:
    """The lesson holds no more."""

    from_: str
    to: str
    reason: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("record_lesson")
@attrs.frozen(kw_only=True)
class RecordLesson:
    """Write down what an incident, or a case from outside, teaches."""

    text: str
    tags: tuple[str, ...] = ()
    category: str | None = None
    level: int | None = None
    site: str | None = None
    incident: str | None = None
    source: str = ""


@command_type("revise_lesson")
@attrs.frozen(kw_only=True)
class ReviseLesson:
    """Write the lesson anew: all of it is replaced but where it comes from."""

    text: str
    tags: tuple[str, ...] = ()
    category: str | None = None
    level: int | None = None
    site: str | None = None
    reason: str


@command_type("withdraw_lesson")
@attrs.frozen(kw_only=True)
class WithdrawLesson:
    """Say that the lesson holds no more."""

    reason: str


# -- state -------------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, slots=False)
class Lesson:
    """A lesson, folded from its events."""

    status: str = NEW
    text: str = ""
    tags: tuple[str, ...] = ()
    category: str | None = None
    level: int | None = None
    site: str | None = None
    incident: str | None = None
    source: str = ""
    revisions: int = 0
    reason: str = ""
    """Why it was revised or withdrawn last."""


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("lesson-source-missing")
def source_told(situation: Situation) -> str | None:
    """Require an incident that teaches it, or a source outside; not both."""
    command: RecordLesson = situation.command
    if (command.incident is None) == bool(command.source.strip()):
        return None
    return "name the incident that teaches it, or the source outside: one of the two"


@guard("lesson-category-unknown")
def category_in_plan(situation: Situation) -> str | None:
    """Require a category of the plan, when one is named."""
    category = situation.command.category
    if category is None or situation.plan.category(category) is not None:
        return None
    known = ", ".join(one.id for one in situation.plan.categories)
    return f"{category!r} is not a category of the plan {situation.plan.reference}; it has {known}"


@guard("lesson-level-unknown")
def level_in_plan(situation: Situation) -> str | None:
    """Require a level of the plan, when one is named."""
    level = situation.command.level
    if level is None or situation.plan.level(level) is not None:
        return None
    return f"{level!r} is not a level of the plan; it has 1 (the worst) to {len(situation.plan.levels)}"


@guard("tag-invalid")
def tags_valid(situation: Situation) -> str | None:
    """Require tags that are not blank, each once."""
    tags: tuple[str, ...] = situation.command.tags
    if all(tag.strip() for tag in tags) and len(set(tags)) == len(tags):
        return None
    return "a tag must not be blank, nor be there twice"


_GUARDS = (
    text_within,
    source_told,
    category_in_plan,
    level_in_plan,
    tags_valid,
    not_blank("lesson-missing", "text"),
    not_blank("reason-missing", "reason"),
)

# -- deciding ----------------------------------------------------------------------------------------------------------


def _record(situation: Situation) -> Iterator[Any]:
    yield LessonRecorded(**situation.step, **fields_of(situation.command))


def _revise(situation: Situation) -> Iterator[Any]:
    yield LessonRevised(**fields_of(situation.command))


def _withdraw(situation: Situation) -> Iterator[Any]:
    yield LessonWithdrawn(**situation.step, reason=situation.command.reason)


def _recorded_already(situation: Situation) -> bool:
    """Whether it was recorded in these very words."""
    told = [event.data for event in situation.history[:1]]
    known = [fields_of(one) for one in told if type(one) is LessonRecorded]
    return any(fields_of(situation.command).items() <= one.items() for one in known)


def _reads_so(situation: Situation) -> bool:
    wanted = {name: value for name, value in fields_of(situation.command).items() if name != "reason"}
    return bool(situation.state.status == RECORDED) and wanted.items() <= fields_of(situation.state).items()


def _draws(key: str, command: RecordLesson) -> Iterator[Companion]:
    """Yield what tells the incident of the lesson: its plan judges the command."""
    if command.incident is not None:
        yield Companion(INCIDENT_CATEGORY, command.incident, DrawLesson(lesson=key))


# -- folding -----------------------------------------------------------------------------------------------------------


def _recorded(_: Lesson, event: Event) -> Lesson:
    told = {name: value for name, value in fields_of(event.data).items() if name not in ("from_", "to")}
    return Lesson(status=event.data.to, **told)


def _revised(lesson: Lesson, event: Event) -> Lesson:
    return replace(lesson, **fields_of(event.data), revisions=lesson.revisions + 1)


def _withdrawn(lesson: Lesson, event: Event) -> Lesson:
    return replace(lesson, status=event.data.to, reason=event.data.reason)


_EVOLVERS: Mapping[type, Evolve] = {
    LessonRecorded: _recorded,
    LessonRevised: _revised,
    LessonWithdrawn: _withdrawn,
}

# -- the workflow ------------------------------------------------------------------------------------------------------


def _incident(situation: Situation) -> str | None:
    """Return the incident that teaches it; None when it was learnt outside."""
    command = situation.command
    incident: str | None = command.incident if isinstance(command, RecordLesson) else situation.state.incident
    return incident


_WORDS = ("text-too-long", "lesson-missing", "tag-invalid", "lesson-category-unknown", "lesson-level-unknown")

LESSON = Workflow(
    name="lesson",
    version=1,
    category=LESSON_CATEGORY,
    states=STATES,
    finals=(WITHDRAWN,),
    transitions=(
        Transition("record_lesson", NEW, RECORDED, guards=(*_WORDS, "lesson-source-missing")),
        Transition("revise_lesson", RECORDED, None, guards=(*_WORDS, "reason-missing")),
        Transition("withdraw_lesson", RECORDED, WITHDRAWN, guards=("text-too-long", "reason-missing")),
        approvals.approving((RECORDED,)),
    ),
    guards=(*_GUARDS, *approvals.GUARDS),
    initial=Lesson(),
    handlers=(
        Handler(
            command=RecordLesson, decide=_record, emits=(LessonRecorded,), done=_recorded_already, companions=_draws
        ),
        Handler(command=ReviseLesson, decide=_revise, emits=(LessonRevised,), done=_reads_so),
        Handler(
            command=WithdrawLesson,
            decide=_withdraw,
            emits=(LessonWithdrawn,),
            done=lambda situation: (
                (situation.state.status, situation.state.reason) == (WITHDRAWN, situation.command.reason)
            ),
        ),
        *approvals.HANDLERS,
    ),
    evolvers={**_EVOLVERS, **approvals.EVOLVERS},
    subject=_incident,
)
