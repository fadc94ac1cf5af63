"""Random commands about words, for an incident under a random plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from plan_strategies import IDS, ids
from play import START
from respond.workflow.incident import messages, notices, statements

if TYPE_CHECKING:
    from plan_commands import Asker

_KEYS = ("one", "two")
_FAR = START + timedelta(days=4000)


def _words(asker: Asker) -> dict[str, Any]:
    said = {name: asker.text() for name in ("text", "cause", "effect", "measures", "recovery")}
    return {**said, "key_messages": asker.one_of((None, None, 1, 2)), "next_update_at": _FAR}


def _channel(asker: Asker) -> str:
    return str(asker.one_of(ids("channels")))


SAID: Mapping[str, Callable[[Asker], Any]] = {
    "set_key_messages": lambda a: messages.SetKeyMessages(messages=(a.text(),), stage=a.one_of((None, "final"))),
    "approve_key_messages": lambda a: messages.ApproveKeyMessages(version=a.random.randint(1, 2)),
    "draft_statement": lambda a: statements.DraftStatement(
        statement=a.one_of(_KEYS), audience=a.one_of(IDS["audiences"]), channel=_channel(a), **_words(a)
    ),
    "correct_statement": lambda a: statements.CorrectStatement(statement=a.one_of(_KEYS), reason=a.text(), **_words(a)),
    "approve_statement": lambda a: statements.ApproveStatement(statement=a.one_of(_KEYS)),
    "publish_statement": lambda a: statements.PublishStatement(statement=a.one_of(_KEYS)),
    "retract_statement": lambda a: statements.RetractStatement(statement=a.one_of(_KEYS), reason=a.text()),
    "notify": lambda a: notices.Notify(text=a.text(), channel=_channel(a), to_role=a.one_of(IDS["roles"])),
    "record_feedback": lambda a: notices.RecordFeedback(source=a.person(), channel="hotline", text=a.text()),
    "record_observation": lambda a: notices.RecordObservation(
        metric=a.one_of(_KEYS), value=Decimal(a.random.randint(-9, 9)), source=a.person()
    ),
    "evaluate_communication": lambda a: notices.EvaluateCommunication(rating=a.random.randint(0, 6), text=a.text()),
}
"""By trigger, what makes a command."""
