"""The review: who holds it, what it finds, how it judges the response, who signs it and where it can be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from respond.domain.events import Event
from respond.domain.values import fields_of, replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank, one_of
from respond.workflow.incident.events import CommandTransferred, IncidentResolved
from respond.workflow.incident.marks import mark
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver
from respond.workflow.incident.reviewed import (
    EFFECTIVENESSES,
    FINDING_KINDS,
    FIX_KINDS,
    READERSHIPS,
    Effectiveness,
    Evaluated,
    FindingKind,
    FindingRecorded,
    Fixed,
    FixKind,
    FixRecorded,
    Found,
    LessonDrawn,
    Publication,
    Readership,
    ResponseEvaluated,
    ReviewOpened,
    ReviewPublished,
    ReviewSigned,
    Sitting,
)
from respond.workflow.incident.state import RESOLVED, REVIEWED, Incident
from respond.workflow.incident.taken import Confidence

# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("open_review")
@attrs.frozen(kw_only=True)
class OpenReview:
    """Say who reviews the incident."""

    participants: tuple[str, ...]
    absent: tuple[str, ...] = ()
    facilitator: str | None = None


@command_type("record_finding")
@attrs.frozen(kw_only=True)
class RecordFinding:
    """Say what the review found, what shows it, and how sure that is."""

    kind: FindingKind
    text: str
    evidence: tuple[str, ...] = ()
    confidence: Confidence = "medium"


@command_type("evaluate_response")
@attrs.frozen(kw_only=True)
class EvaluateResponse:
    """Judge how well the response worked."""

    followed: bool
    adequate: bool
    effectiveness: Effectiveness
    text: str


@command_type("record_fix")
@attrs.frozen(kw_only=True)
class RecordFix:
    """Say what holds for now, or for good."""

    kind: FixKind
    text: str


@command_type("sign_review")
@attrs.frozen(kw_only=True)
class SignReview:
    """Stand by what the review says."""

    note: str = ""


@command_type("publish_review")
@attrs.frozen(kw_only=True)
class PublishReview:
    """Say where the closed review can be read."""

    readership: Readership
    place: str


@command_type("draw_lesson")
@attrs.frozen(kw_only=True)
class DrawLesson:
    """Take on that a lesson was drawn from the incident; asked beside the command that says so."""

    lesson: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("participant-missing")
def participants_named(situation: Situation) -> str | None:
    """Require someone who reviews, and no blank name."""
    command: OpenReview = situation.command
    people = (*command.participants, *command.absent, *(() if command.facilitator is None else (command.facilitator,)))
    if command.participants and all(person.strip() for person in people):
        return None
    return "name at least one who reviews, and leave no name blank"


@guard("participant-twice")
def participants_apart(situation: Situation) -> str | None:
    """Require that nobody is named twice, as present or as absent; the facilitator may be present too."""
    command: OpenReview = situation.command
    people = (*command.participants, *command.absent)
    twice = sorted({person for person in people if people.count(person) > 1})
    return f"named twice: {', '.join(twice)}; each is present or absent" if twice else None


@guard("facilitator-responded")
def facilitator_neutral(situation: Situation) -> str | None:
    """Require a facilitator who took no part in the response: nobody who acted, commanded or held a role in it."""
    facilitator = situation.command.facilitator
    if facilitator is None or facilitator not in responders(situation.history):
        return None
    return f"{facilitator!r} took part in the response; let somebody facilitate who did not"


def responders(history: Sequence[Event]) -> frozenset[str]:
    """Return who took part in the response by *history*: who acted, commanded or held a role until it was resolved."""
    ends = [event.version for event in history if type(event.data) is IncidentResolved]
    found: set[str | None] = set()
    for event in history:
        if not ends or event.version > ends[-1]:
            break
        found |= {event.actor, event.body.get("on_behalf_of")}
        match event.data:
            case CommandTransferred(to_commander=person) | RoleAssigned(person=person):
                found.add(person)
            case RoleHandedOver(to_person=person):
                found.add(person)
    return frozenset(person for person in found if person is not None)


@guard("not-a-reviewer")
def reviewer_signs(situation: Situation) -> str | None:
    """Require an actor who was present at the review, or facilitated it."""
    actor, sitting = situation.actor, situation.state.review.sitting
    if sitting is None:
        return "no review was opened; open one, and say who reviews"
    people = dict.fromkeys((*sitting.participants, *(() if sitting.facilitator is None else (sitting.facilitator,))))
    if actor is not None and actor.id in people:
        return None
    return f"{actor.id if actor else 'nobody'!r} did not review; these did: {', '.join(people)}"


kind_known = one_of("finding-kind-unknown", "kind", FINDING_KINDS, "Require a kind of finding.")
finding_told = not_blank("finding-missing", "text")
effectiveness_known = one_of(
    "effectiveness-unknown",
    "effectiveness",
    EFFECTIVENESSES,
    "Require an effectiveness that is effective, partly_effective or ineffective.",
)
evaluation_told = not_blank("evaluation-missing", "text")
fix_known = one_of("fix-kind-unknown", "kind", FIX_KINDS, "Require a fix that is temporary or permanent.")
fix_told = not_blank("fix-missing", "text")
readership_known = one_of(
    "readership-unknown", "readership", READERSHIPS, "Require a readership that is internal or external."
)
place_told = not_blank("place-missing", "place")
GUARDS = (
    participants_named,
    participants_apart,
    facilitator_neutral,
    reviewer_signs,
    kind_known,
    finding_told,
    effectiveness_known,
    evaluation_told,
    fix_known,
    fix_told,
    readership_known,
    place_told,
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _open(situation: Situation) -> Iterator[Any]:
    yield ReviewOpened(**fields_of(situation.command))


def _find(situation: Situation) -> Iterator[Any]:
    yield FindingRecorded(**fields_of(situation.command))


def _evaluate(situation: Situation) -> Iterator[Any]:
    yield ResponseEvaluated(**fields_of(situation.command))


def _fix(situation: Situation) -> Iterator[Any]:
    yield FixRecorded(**fields_of(situation.command))


def _sign(situation: Situation) -> Iterator[Any]:
    if situation.actor is not None:  # the guard saw to that
        yield ReviewSigned(person=situation.actor.id, note=situation.command.note)


def _publish(situation: Situation) -> Iterator[Any]:
    yield ReviewPublished(**fields_of(situation.command))


def _draw(situation: Situation) -> Iterator[Any]:
    yield LessonDrawn(**fields_of(situation.command))


def _opened_already(situation: Situation) -> bool:
    command: OpenReview = situation.command
    known: Sitting | None = situation.state.review.sitting
    told = (command.participants, command.absent, command.facilitator)
    return known is not None and (known.participants, known.absent, known.facilitator) == told


def _signed_already(situation: Situation) -> bool:
    return situation.actor is not None and situation.actor.id in situation.state.review.signatures


def _published_already(situation: Situation) -> bool:
    command: PublishReview = situation.command
    told = (command.readership, command.place)
    return any((one.readership, one.published.text) == told for one in situation.state.review.publications)


def _stated(situation: Situation, known: Iterable[Any]) -> bool:
    """Whether one of *known* says just what the command does."""
    return any(fields_of(one.told) == fields_of(situation.command) for one in known)


HANDLERS = (
    Handler(command=OpenReview, decide=_open, emits=(ReviewOpened,), done=_opened_already),
    Handler(
        command=RecordFinding,
        decide=_find,
        emits=(FindingRecorded,),
        done=lambda situation: _stated(situation, situation.state.review.findings),
    ),
    Handler(
        command=EvaluateResponse,
        decide=_evaluate,
        emits=(ResponseEvaluated,),
        done=lambda situation: _stated(situation, situation.state.review.evaluations[-1:]),
    ),
    Handler(
        command=RecordFix,
        decide=_fix,
        emits=(FixRecorded,),
        done=lambda situation: _stated(situation, situation.state.review.fixes),
    ),
    Handler(command=SignReview, decide=_sign, emits=(ReviewSigned,), done=_signed_already),
    Handler(command=PublishReview, decide=_publish, emits=(ReviewPublished,), done=_published_already),
    Handler(
        command=DrawLesson,
        decide=_draw,
        emits=(LessonDrawn,),
        done=lambda situation: situation.command.lesson in situation.state.review.lessons,
        accompanies=True,
        automatic=True,
    ),
)
_TEXT = ("role-unknown", "text-too-long")
_OVER = (RESOLVED, REVIEWED)
TRANSITIONS = (
    Transition(
        "open_review",
        RESOLVED,
        None,
        guards=(*_TEXT, "participant-missing", "participant-twice", "facilitator-responded"),
    ),
    Transition(
        "record_finding",
        RESOLVED,
        None,
        guards=(*_TEXT, "finding-kind-unknown", "finding-missing", "confidence-unknown"),
    ),
    Transition("evaluate_response", RESOLVED, None, guards=(*_TEXT, "effectiveness-unknown", "evaluation-missing")),
    Transition("record_fix", _OVER, None, guards=(*_TEXT, "fix-kind-unknown", "fix-missing")),
    Transition("sign_review", _OVER, None, guards=(*_TEXT, "not-a-reviewer")),
    Transition("publish_review", REVIEWED, None, guards=(*_TEXT, "readership-unknown", "place-missing")),
    Transition("draw_lesson", _OVER, None),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _opened(state: Incident, event: Event) -> Incident:
    data: ReviewOpened = event.data
    sitting = Sitting(
        participants=data.participants, absent=data.absent, facilitator=data.facilitator, opened=mark(event)
    )
    return _reviewing(state, sitting=sitting)


def _found(state: Incident, event: Event) -> Incident:
    return _reviewing(state, findings=(*state.review.findings, Found(entry=event.id, told=event.data)))


def _evaluated(state: Incident, event: Event) -> Incident:
    return _reviewing(state, evaluations=(*state.review.evaluations, Evaluated(entry=event.id, told=event.data)))


def _has_fix(state: Incident, event: Event) -> Incident:
    return _reviewing(state, fixes=(*state.review.fixes, Fixed(entry=event.id, told=event.data)))


def _signed(state: Incident, event: Event) -> Incident:
    signatures = {**state.review.signatures, event.data.person: mark(event, "note")}
    return _reviewing(state, signatures=signatures)


def _published(state: Incident, event: Event) -> Incident:
    one = Publication(readership=event.data.readership, published=mark(event, "place"))
    return _reviewing(state, publications=(*state.review.publications, one))


def _drawn(state: Incident, event: Event) -> Incident:
    return _reviewing(state, lessons=(*state.review.lessons, event.data.lesson))


def _reviewing(state: Incident, **changes: Any) -> Incident:
    return replace(state, review=replace(state.review, **changes))


EVOLVERS: Mapping[type, Evolve] = {
    ReviewOpened: _opened,
    FindingRecorded: _found,
    ResponseEvaluated: _evaluated,
    FixRecorded: _has_fix,
    ReviewSigned: _signed,
    ReviewPublished: _published,
    LessonDrawn: _drawn,
}
