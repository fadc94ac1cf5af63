"""Splits: what was one incident goes on as several, each with its own report; nothing is copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from respond.workflow.definition import NEW, Evolve, Handler, Situation, Transition, command_type, guard
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.incident.decide import reporting
from respond.workflow.incident.events import IncidentReported
from respond.workflow.incident.links import IncidentLinked
from respond.workflow.incident.state import OPEN, REPORTED, RESOLVED

# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("split")
@attrs.frozen(kw_only=True)
class Split:
    """Tell which incidents came of this one; they are reported in the same step."""

    into: tuple[str, ...]
    reason: str


@command_type("report_part")
@attrs.frozen(kw_only=True)
class ReportPart(ReportIncident):
    """Report an incident that comes of another one."""

    source: str
    reason: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("part-missing")
def parts_named(situation: Situation) -> str | None:
    """Require an incident at least that comes of this one."""
    return None if situation.command.into else "name one incident at least that comes of this one"


GUARDS = (parts_named,)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _split(situation: Situation) -> Iterator[Any]:
    for part in situation.command.into:
        yield IncidentLinked(kind="split_into", other=part, reason=situation.command.reason)


def _report_part(situation: Situation) -> Iterator[Any]:
    yield from reporting(situation)
    yield IncidentLinked(kind="split_from", other=situation.command.source, reason=situation.command.reason)


HANDLERS = (
    Handler(
        command=Split,
        decide=_split,
        emits=(IncidentLinked,),
        done=lambda situation: (
            bool(situation.command.into)
            and all(situation.state.linked("split_into", part) for part in situation.command.into)
        ),
        accompanies=True,
    ),
    Handler(command=ReportPart, decide=_report_part, emits=(IncidentReported, IncidentLinked), accompanies=True),
)
_SAID = ("role-unknown", "text-too-long", "reason-missing")
TRANSITIONS = (
    Transition("split", (*OPEN, RESOLVED), None, guards=(*_SAID, "part-missing")),
    Transition("report_part", NEW, REPORTED, guards=(*_SAID, "category-unknown", "title-missing", "in-the-future")),
)
EVOLVERS: Mapping[type, Evolve] = {}
