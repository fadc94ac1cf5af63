"""Statements: what an audience is told: drafted, approved, published, corrected or retracted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import attrs

from respond.domain.events import Event, event_type
from respond.domain.moments import format_utc
from respond.domain.values import replace
from respond.plan.communication import Stage
from respond.workflow.definition import Evolve, Guard, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident import wording
from respond.workflow.incident.ledger import Ledger, Take
from respond.workflow.incident.marks import mark
from respond.workflow.incident.messages import SPEAKING, with_said
from respond.workflow.incident.said import Said, Statement, StatementStatus, Wording
from respond.workflow.incident.state import Incident
from respond.workflow.incident.wording import statement_of, written

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class StatementDrafted(Wording):
    """Someone wrote a statement."""

    statement: str
    """Its key, in this incident."""
    audience: str
    channel: str


@event_type()
@attrs.frozen(kw_only=True)
class StatementCorrected(Wording):
    """Someone wrote a statement anew; this version is to be approved before it is published."""

    statement: str
    version: int
    reason: str


@event_type()
@attrs.frozen(kw_only=True)
class StatementApproved:
    """A version of a statement was approved."""

    statement: str
    version: int


@event_type()
@attrs.frozen(kw_only=True)
class StatementPublished:
    """A version of a statement was told to its audience."""

    statement: str
    version: int
    audience: str
    channel: str
    key_messages: int | None = None
    """The version of the key messages on which it rests."""
    stage: Stage | None = None
    """Their stage."""


@event_type()
@attrs.frozen(kw_only=True)
class StatementRetracted:
    """A statement that was published no longer holds."""

    statement: str
    reason: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("draft_statement")
@attrs.frozen(kw_only=True)
class DraftStatement(Wording):
    """Write a statement for an audience."""

    statement: str
    audience: str
    channel: str


@command_type("correct_statement")
@attrs.frozen(kw_only=True)
class CorrectStatement:
    """Write a statement anew; what is None stays, but that it rests on the live key messages then."""

    statement: str
    reason: str
    text: str
    key_messages: int | None = None
    cause: str | None = None
    effect: str | None = None
    measures: str | None = None
    recovery: str | None = None
    next_update_at: datetime | None = None


@command_type("approve_statement")
@attrs.frozen(kw_only=True)
class ApproveStatement:
    """Approve a statement as it stands."""

    statement: str
    version: int | None = None
    """The version that was read; whichever stands when None."""


@command_type("publish_statement")
@attrs.frozen(kw_only=True)
class PublishStatement:
    """Say that a statement was published."""

    statement: str


@command_type("retract_statement")
@attrs.frozen(kw_only=True)
class RetractStatement:
    """Withdraw a statement that was published."""

    statement: str
    reason: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("statement-known")
def statement_new(situation: Situation) -> str | None:
    """Require a key that no statement of the incident has."""
    known = statement_of(situation)
    name = situation.command.statement
    return None if known is None else f"{name!r} is a statement to {known.audience!r} already; take another key"


@guard("statement-unknown")
def statement_known(situation: Situation) -> str | None:
    """Require a statement that was drafted."""
    name, known = situation.command.statement, situation.state.said.statements
    return None if name in known else f"{name!r} is no statement of this incident; it has {', '.join(known) or 'none'}"


@guard("statement-outdated")
def version_stands(situation: Situation) -> str | None:
    """Require the version that stands, when one is named."""
    command, known = situation.command, statement_of(situation)
    if known is None or command.version in (None, known.version):
        return None
    return f"{command.statement!r} stands at version {known.version}, not {command.version}; read that one"


def _stands(code: str, what: str, *statuses: StatementStatus) -> Guard:
    def stands(situation: Situation) -> str | None:
        known = statement_of(situation)
        if known is None or known.status in statuses:
            return None
        return f"{situation.command.statement!r} is {known.status}, not {' or '.join(statuses)}"

    stands.__doc__ = f"Require a statement that is {what}."
    return Guard(code, stands)


@guard("statement-not-approved")
def approved_by_then(situation: Situation) -> str | None:
    """Require a statement that was approved by then."""
    name, known = situation.command.statement, statement_of(situation)
    if known is None:
        return None
    if known.status != "approved" or known.approved is None:
        return f"{name!r} is {known.status}, not approved"
    since = known.approved.at
    return None if situation.at >= since else f"{name!r} was approved at {format_utc(since)}, after that"


@guard("statement-not-published")
def was_published(situation: Situation) -> str | None:
    """Require a statement that was published, in this version or in one before."""
    known = statement_of(situation)
    if known is None or known.published is not None:
        return None
    return f"{situation.command.statement!r} was never published; correct it, or leave it"


GUARDS = (
    statement_new,
    statement_known,
    version_stands,
    _stands("statement-not-draft", "a draft", "draft"),
    approved_by_then,
    _stands("statement-retracted", "not retracted", "draft", "approved", "published"),
    was_published,
    *wording.GUARDS,
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _draft(situation: Situation) -> Iterator[Any]:
    command: DraftStatement = situation.command
    yield StatementDrafted(
        statement=command.statement,
        audience=command.audience,
        channel=command.channel,
        **attrs.asdict(written(situation)),
    )


def _correct(situation: Situation) -> Iterator[Any]:
    command: CorrectStatement = situation.command
    version = _known(situation).version + 1
    yield StatementCorrected(
        statement=command.statement, version=version, reason=command.reason, **attrs.asdict(written(situation))
    )


def _approve(situation: Situation) -> Iterator[Any]:
    yield StatementApproved(statement=situation.command.statement, version=_known(situation).version)


def _publish(situation: Situation) -> Iterator[Any]:
    known, said = _known(situation), situation.state.said
    cited = known.wording.key_messages
    yield StatementPublished(
        statement=situation.command.statement,
        version=known.version,
        audience=known.audience,
        channel=known.channel,
        key_messages=cited,
        stage=None if cited is None else said.version(cited).stage,
    )


def _retract(situation: Situation) -> Iterator[Any]:
    yield StatementRetracted(statement=situation.command.statement, reason=situation.command.reason)


def _known(situation: Situation) -> Statement:
    said: Said = situation.state.said
    return said.statements[situation.command.statement]


def _says_the_same(situation: Situation, known: Statement) -> bool:
    return written(situation) == known.wording


def _drafted_already(situation: Situation) -> bool:
    command, known = situation.command, statement_of(situation)
    return (
        known is not None
        and known.status != "retracted"
        and (known.audience, known.channel) == (command.audience, command.channel)
        and _says_the_same(situation, known)
    )


def _corrected_already(situation: Situation) -> bool:
    known = statement_of(situation)
    return known is not None and known.status != "retracted" and _says_the_same(situation, known)


def _approved_already(situation: Situation) -> bool:
    known = statement_of(situation)
    approved = known is not None and known.status in ("approved", "published")
    return approved and version_stands.check(situation) is None


def _is(status: StatementStatus) -> Callable[[Situation], bool]:
    def stands(situation: Situation) -> bool:
        known = statement_of(situation)
        return known is not None and known.status == status

    return stands


_handler = partial(Handler, about=("statement",), unsettled_by=("draft_statement", "correct_statement"))
HANDLERS = (
    _handler(command=DraftStatement, decide=_draft, emits=(StatementDrafted,), done=_drafted_already),
    _handler(command=CorrectStatement, decide=_correct, emits=(StatementCorrected,), done=_corrected_already),
    _handler(command=ApproveStatement, decide=_approve, emits=(StatementApproved,), done=_approved_already),
    _handler(command=PublishStatement, decide=_publish, emits=(StatementPublished,), done=_is("published")),
    _handler(command=RetractStatement, decide=_retract, emits=(StatementRetracted,), done=_is("retracted")),
)
_SAID = ("role-unknown", "text-too-long")
_ADDRESSED = ("audience-unknown", "channel-unknown", "channel-unfit")
_WRITTEN = ("statement-missing", "key-messages-unknown", "statement-incomplete", "next-update-past")
_ONE_VOICE = ("key-messages-missing", "key-messages-outdated")
TRANSITIONS = (
    Transition("draft_statement", SPEAKING, None, guards=(*_SAID, "statement-known", *_ADDRESSED, *_WRITTEN)),
    Transition(
        "correct_statement",
        SPEAKING,
        None,
        guards=(*_SAID, "statement-unknown", "statement-retracted", *_WRITTEN, "reason-missing"),
    ),
    Transition(
        "approve_statement",
        SPEAKING,
        None,
        guards=(
            *_SAID,
            "statement-unknown",
            "statement-not-draft",
            "statement-outdated",
            "audience-unknown",
            "not-an-approver",
            *_ONE_VOICE,
        ),
    ),
    Transition(
        "publish_statement",
        SPEAKING,
        None,
        guards=(
            *_SAID,
            "statement-unknown",
            "statement-not-approved",
            *_ADDRESSED,
            "not-a-speaker",
            *_ONE_VOICE,
            "statement-incomplete",
            "next-update-past",
        ),
    ),
    Transition(
        "retract_statement",
        SPEAKING,
        None,
        guards=(*_SAID, "statement-unknown", "statement-not-published", "reason-missing"),
    ),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _wording_of(event: Event) -> Wording:
    return Wording(**{field.name: getattr(event.data, field.name) for field in attrs.fields(Wording)})


def _drafted(state: Incident, event: Event) -> Incident:
    data: StatementDrafted = event.data
    drafted = Statement(audience=data.audience, channel=data.channel, wording=_wording_of(event), drafted=mark(event))
    return with_said(state, statements={**state.said.statements, data.statement: drafted})


def _changed(changes: Callable[[Event], dict[str, Any]]) -> Evolve:
    def change(state: Incident, event: Event) -> Incident:
        name = event.data.statement
        known = state.said.statements.get(name)
        if known is None:  # a foreign log may tell of what it never drafted
            return state
        return with_said(state, statements={**state.said.statements, name: replace(known, **changes(event))})

    return change


def _corrected(event: Event) -> dict[str, Any]:
    return {
        "status": "draft",
        "version": event.data.version,
        "wording": _wording_of(event),
        "drafted": mark(event),
        "approved": None,
    }


EVOLVERS: Mapping[type, Evolve] = {
    StatementDrafted: _drafted,
    StatementCorrected: _changed(_corrected),
    StatementApproved: _changed(lambda event: {"status": "approved", "approved": mark(event)}),
    StatementPublished: _changed(lambda event: {"status": "published", "published": mark(event)}),
    StatementRetracted: _changed(lambda event: {"status": "retracted", "retracted": mark(event, "reason")}),
}


# -- what obligations rest on ------------------------------------------------------------------------------------------


def _spoke(ledger: Ledger, payload: StatementPublished, at: datetime, entry: str) -> None:
    ledger.did("publish_statement", at, entry, recipient=payload.audience, stage=payload.stage)
    ledger.did("tell_audience", at, entry, recipient=payload.audience)


TAKES: Mapping[type, Take] = {StatementPublished: _spoke}
