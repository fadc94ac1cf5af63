"""Four eyes: whom a rule of authority excludes, because of what they did before.  Pure.

What was taken back did not happen, so it excludes nobody.  But a step that was taken with it stands, and excludes as
before: nobody takes a step, takes back what he told, and goes on alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from respond.domain.events import Event
from respond.plan.authority import AuthorityRule
from respond.workflow.migration import MIGRATE
from respond.workflow.workflow import Workflow


def people(*ids: str | None) -> frozenset[str]:
    """Return who acts: the actor, and the one on whose behalf he does."""
    return frozenset(one for one in ids if one is not None)


def people_of(event: Event) -> frozenset[str]:
    """Return who did what *event* tells."""
    return people(event.actor, event.body.get("on_behalf_of"))


def excluded(
    workflow: Workflow, rule: AuthorityRule, history: Sequence[Event], command: object = None
) -> Iterator[tuple[frozenset[str], str, str]]:
    """Yield whom *rule* excludes, with the code and with what they did.

    Where *command* is about one of several things, such as one statement, only what was done about that one counts.
    """
    for trigger in rule.different_actor:
        did = done(workflow, history, trigger, command)
        yield _last_doers(did, workflow.retracted(history)), "same-actor", f"did {trigger}"
    if rule.not_in_chain and history:
        yield people_of(history[0]), "in-chain", "reported it"


def done(workflow: Workflow, history: Sequence[Event], trigger: str, command: object = None) -> Iterator[Event]:
    """Yield the events that *trigger* may have caused, retracted or not, the last first.

    One that names a kind, such as `change_level:lower`, caused those of this kind only.  A trigger that the workflow
    does not have caused none.  Where *command* is about one of several things, those about another one are left out.
    """
    name, _, variant = trigger.partition(":")
    if name in {*workflow.handler_of, MIGRATE}:
        names, handler = workflow.events_of(name), workflow.handler_of.get(name)
        for event in reversed(history):
            if (
                event.type in names
                and (not variant or (handler is not None and handler.told_variant(event.data) == variant))
                and _about_the_same(workflow, command, event)
            ):
                yield event


def _about_the_same(workflow: Workflow, command: object, event: Event) -> bool:
    about = workflow.handler(command).about if command is not None else ()
    return all(getattr(event.data, one, None) in (None, getattr(command, one)) for one in about)


def _last_doers(did: Iterable[Event], gone: Collection[str]) -> frozenset[str]:
    """Return who caused the first of *did* that is not *gone*, and whose step before that stands all the same."""
    found = people()
    for event in did:
        if event.id not in gone:
            return found | people_of(event)
        if _moved(event):
            found |= people_of(event)
    return found


def _moved(event: Event) -> bool:
    """Return whether it led from one state to another."""
    source: str | None = getattr(event.data, "from_", None)
    return source is not None and source != getattr(event.data, "to", None)
