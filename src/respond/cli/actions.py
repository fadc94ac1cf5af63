"""The commands of action items: what reviews ask people to do, from the asking to the verification."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import click

from respond.cli.answer import Answer
from respond.cli.options import Question, Recording, Time
from respond.cli.outcomes import recorded
from respond.cli.page import Page, counted
from respond.cli.session import Session
from respond.cli.targets import Target
from respond.cli.work import carry_out
from respond.engine.action import ActionHandle
from respond.engine.handler import Outcome
from respond.projections.document import document
from respond.projections.follow_up import ActionStanding
from respond.workflow.action import ACTION_CATEGORY
from respond.workflow.action.events import ACTION_KINDS, ActionKind
from respond.workflow.incident.recognition import RecordRecognition

_KEY = click.argument("key")
_REASON = click.option("--reason", required=True)
_DUE = click.option("--due", required=True, type=Time(), metavar="TIME", help="By when, such as 2026-12-01T18:00:00Z.")
_KIND = click.Choice(ACTION_KINDS)


@click.group("action")
def action() -> None:
    """Follow up what reviews ask people to do; KEY is the key of the action item."""


@action.command("open", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("text")
@click.option("--kind", required=True, type=_KIND, help="What it is good for.")
@click.option("--owner", required=True, help="The person, or the role, that is asked.")
@_DUE
@click.option("--because", multiple=True, metavar="EVENT", help="The id of an event that it rests on.")
@click.option("--key", help="The key of the action item; made for it by default.")
def open_(
    session: Session,
    name: str,
    text: str,
    *,
    kind: str,
    owner: str,
    due: str,
    because: tuple[str, ...],
    key: str | None,
) -> Answer:
    """Ask somebody to do TEXT, from the review of incident ID."""
    with session.engine() as engine:
        handle = engine.incident(name).open_action(
            text,
            kind=cast("ActionKind", kind),
            owner=owner,
            due_at=due,
            because=because,
            action=key,
            **session.circumstances,
        )
        return recorded(engine, Target(ACTION_CATEGORY, handle.key), cast("Outcome", handle.outcome))


@action.command("accept", cls=Recording)
@_KEY
def accept(session: Session, key: str) -> Answer:
    """Take KEY on; its owner does."""
    return _carry_out(session, key, lambda handle: handle.accept_action(**session.circumstances))


@action.command("refuse", cls=Recording)
@_KEY
@_REASON
def refuse(session: Session, key: str, reason: str) -> Answer:
    """Say why its owner does not take KEY on."""
    return _carry_out(session, key, lambda handle: handle.refuse_action(reason, **session.circumstances))


@action.command("assign", cls=Recording)
@_KEY
@click.argument("owner")
@_REASON
def assign(session: Session, key: str, owner: str, reason: str) -> Answer:
    """Ask OWNER to do KEY instead."""
    return _carry_out(session, key, lambda handle: handle.assign_action(owner, reason=reason, **session.circumstances))


@action.command("move", cls=Recording)
@_KEY
@_DUE
@_REASON
def move(session: Session, key: str, due: str, reason: str) -> Answer:
    """Set another date for KEY."""
    return _carry_out(
        session, key, lambda handle: handle.reschedule_action(due, reason=reason, **session.circumstances)
    )


@action.command("done", cls=Recording)
@_KEY
@click.option("--evidence", required=True, help="What shows it.")
def done(session: Session, key: str, evidence: str) -> Answer:
    """Tell that KEY was done."""
    return _carry_out(session, key, lambda handle: handle.complete_action(evidence, **session.circumstances))


@action.command("verify", cls=Recording)
@_KEY
@click.option("--method", required=True, help="How that was found: a test, an inspection, a drill.")
@click.option("--note", default="")
def verify(session: Session, key: str, method: str, note: str) -> Answer:
    """Tell that KEY was done and works; neither its owner nor whoever did it may."""
    return _carry_out(session, key, lambda handle: handle.verify_action(method, note=note, **session.circumstances))


@action.command("reopen", cls=Recording)
@_KEY
@_DUE
@_REASON
def reopen(session: Session, key: str, due: str, reason: str) -> Answer:
    """Say that KEY is not done, or does not work."""
    return _carry_out(session, key, lambda handle: handle.reopen_action(reason, due_at=due, **session.circumstances))


@action.command("drop", cls=Recording)
@_KEY
@_REASON
def drop(session: Session, key: str, reason: str) -> Answer:
    """Say that nobody is to do KEY any more."""
    return _carry_out(session, key, lambda handle: handle.drop_action(reason, **session.circumstances))


@action.command("show", cls=Question)
@_KEY
def show(session: Session, key: str) -> Answer:
    """Show where the action item KEY stands."""
    with session.engine() as engine:
        handle = engine.action(key)
        found = ActionStanding.of(key, handle.state(), engine.clock())
    told = document(found)
    return Answer(
        document=told,
        show=lambda page: page.pairs((name.replace("_", " "), getattr(found, name)) for name in told),
    )


@action.command("list", cls=Question)
@click.argument("name", metavar="[ID]", required=False)
@click.option("--owner", help="Those that this person or role owns.")
@click.option("--kind", type=_KIND)
@click.option("--undone", is_flag=True, help="Those that are to be done.")
@click.option("--overdue", is_flag=True, help="Those that are to be done, and whose date is past.")
def list_(
    session: Session, name: str | None, *, owner: str | None, kind: str | None, undone: bool, overdue: bool
) -> Answer:
    """List action items, the first due first: all of them, or those of incident ID."""
    with session.engine() as engine:
        of = None if name is None else set(engine.incident(name).actions())
        found = tuple(
            one
            for one in engine.actions(owner=owner, kind=kind, undone=undone, overdue=overdue)
            if of is None or one.key in of
        )
    return Answer(document={"actions": found}, show=lambda page: _show(page, found))


def _show(page: Page, found: tuple[ActionStanding, ...]) -> None:
    late = sum(one.overdue for one in found)
    page.line(f"{counted(len(found), 'action item')}, {late} overdue")
    if found:
        page.table(
            ("key", "due", "state", "owner", "kind", "what"),
            [
                (one.key, one.due_at, "overdue" if one.overdue else one.status, one.owner, one.kind, one.text)
                for one in found
            ],
        )


def _carry_out(session: Session, key: str, ask: Callable[[ActionHandle], Outcome]) -> Answer:
    with session.engine() as engine:
        outcome = ask(engine.action(key))
        return recorded(engine, Target(ACTION_CATEGORY, key), outcome)


@click.command("recognise", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("person")
@click.argument("text")
def recognise(session: Session, name: str, person: str, text: str) -> Answer:
    """Say, in the review of incident ID, that PERSON did outstandingly well, and what for: TEXT."""
    return carry_out(session, name, RecordRecognition(person=person, text=text))


@click.command("propose", cls=Recording)
@click.argument("name", metavar="ID")
@click.argument("text")
@click.option("--of", "plan", metavar="PLAN", help="The name of the plan.  [default: the one in force]")
@click.option("--key", help="The key of the proposal; made for it by default.")
@click.option("--because", multiple=True, metavar="EVENT", help="The id of an event that it rests on.")
def propose(
    session: Session, name: str, text: str, *, plan: str | None, key: str | None, because: tuple[str, ...]
) -> Answer:
    """Propose, from the review of incident ID, to change a plan: TEXT says what, and why."""
    with session.engine() as engine:
        incident = engine.incident(name)
        made = incident.propose_plan_change(text, plan=plan, proposal=key, because=because, **session.circumstances)
        [told] = [one for one in incident.state().proposals if one.proposal == made]
        number = incident.number

    def show(page: Page) -> None:
        page.line(f"{number}: change {told.proposal} of the plan {told.plan} is {told.status}")

    return Answer(document={"number": number, **document(told)}, show=show)


COMMANDS = (action, recognise, propose)
