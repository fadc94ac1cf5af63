"""What people and watchers say of obligations: waived, paused, fulfilled, received, raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from respond.domain.events import Event
from respond.domain.values import replace
from respond.plan.ladder import rungs
from respond.plan.obligations import Obligation
from respond.plan.owed import Owed, owed
from respond.plan.promises import promises_to
from respond.workflow.definition import Evolve, Guard, Handler, Situation, Transition, guard
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.facts import facts_of
from respond.workflow.incident.state import CANCELLED, OPEN, RESOLVED, REVIEWED, Incident

# -- guards ------------------------------------------------------------------------------------------------------------


def obligations_of(situation: Situation, *only: str) -> tuple[Owed, ...]:
    """Return what it owes by the plan in force: of the obligations with these ids, of all when none is named."""
    return owed(situation.plan, facts_of(situation.plan, situation.history), until=situation.now, only=only or None)


def _pending(one: Owed) -> bool:
    return one.since is not None and not (one.done_at or one.waived_by or one.dropped_at)


def _named(situation: Situation) -> Obligation | None:
    return situation.plan.obligation(situation.command.obligation)


@guard("obligation-unknown")
def obligation_known(situation: Situation) -> str | None:
    """Require an obligation of the plan."""
    if _named(situation) is not None:
        return None
    known = ", ".join(one.id for one in situation.plan.all_obligations) or "none"
    return (
        f"{situation.command.obligation!r} is not an obligation of the plan {situation.plan.reference}; it has {known}"
    )


@guard("obligation-not-owed")
def obligation_owed(situation: Situation) -> str | None:
    """Require an occurrence that is owed and not discharged yet."""
    command = situation.command
    if _named(situation) is None:
        return None
    mine = obligations_of(situation, command.obligation)
    if any(one.occurrence == command.occurrence and _pending(one) for one in mine):
        return None
    open_ones = ", ".join(str(one.occurrence) for one in mine if _pending(one)) or "none"
    return f"occurrence {command.occurrence} of {command.obligation!r} is not open; open: {open_ones}"


@guard("obligation-not-waivable")
def obligation_waivable(situation: Situation) -> str | None:
    """Require an obligation that may be waived."""
    named = _named(situation)
    return None if named is None or named.waivable else f"{named.id!r} cannot be waived: the plan does not allow it"


@guard("obligation-not-fulfillable")
def obligation_fulfillable(situation: Situation) -> str | None:
    """Require an obligation that no other command discharges."""
    named = _named(situation)
    if named is None or named.act == "fulfil":
        return None
    return f"{named.id!r} is discharged by {named.act}; do that"


@guard("clock-not-pausable")
def clock_pausable(situation: Situation) -> str | None:
    """Require a clock that may be stopped."""
    named = _named(situation)
    return None if named is None or named.pausable else f"the clock of {named.id!r} cannot be stopped"


@guard("clock-runs")
def clock_stands(situation: Situation) -> str | None:
    """Require a clock that stands still."""
    obligation = situation.command.obligation
    return None if obligation in situation.state.paused else f"the clock of {obligation!r} is not stopped"


@guard("report-unknown")
def report_known(situation: Situation) -> str | None:
    """Require an upward report of the incident that was not retracted."""
    report = situation.command.report
    if any(told.entry == report for told in situation.state.upward_reports):
        return None
    return f"{report!r} is not an upward report of this incident; name the event that records it"


@guard("receipt-missing")
def receipt_given(situation: Situation) -> str | None:
    """Require a receipt that is not blank."""
    return None if situation.command.receipt.strip() else "say what the recipient calls the report"


@guard("not-due")
def due(situation: Situation) -> str | None:
    """Require an occurrence that is open and has this very deadline, and a rung of its ladder that is reached."""
    command: c.RaiseDue = situation.command
    what = f"occurrence {command.occurrence} of {command.obligation!r}"
    asked = (command.obligation, command.occurrence, command.due_at)
    owes = obligations_of(situation, command.obligation)
    mine = [one for one in owes if (one.obligation, one.occurrence, one.due_at) == asked]
    if not any(_pending(one) for one in mine):
        return f"{what} is not open any more, or is due at another time"
    climbs = [climb for one in mine for climb in rungs(situation.plan, one, situation.state.level)]
    reached = [(climb.number, climb.rung.tell) for climb in climbs if climb.at <= situation.now]
    return None if (command.rung, command.tell) in reached else f"rung {command.rung} of {what} is not reached yet"


def _bars(trigger: str) -> Guard:
    def discharged(situation: Situation) -> str | None:
        promised = (
            one for party in situation.state.cases for one in promises_to(situation.plan.customer_care, party).values()
        )
        named = [one.id for one in (*situation.plan.all_obligations, *promised) if trigger in one.before]
        if not named or not situation.history:  # a judge of foreign steps knows no history
            return None
        left = [one.obligation for one in obligations_of(situation, *named) if _pending(one)]
        if not left:
            return None
        return f"still owed before {trigger}: {', '.join(dict.fromkeys(left))}; discharge it, or have it waived"

    discharged.__doc__ = f"Require that nothing is owed any more which the plan wants done before `{trigger}`."
    return Guard(f"owed-before-{trigger.replace('_', '-')}", discharged, reads="state")


GUARDS = (
    obligation_known,
    obligation_owed,
    obligation_waivable,
    obligation_fulfillable,
    clock_pausable,
    clock_stands,
    report_known,
    receipt_given,
    due,
    _bars("start_response"),
    _bars("resolve"),
    _bars("close_review"),
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _waive(situation: Situation) -> Iterator[Any]:
    command: c.Waive = situation.command
    yield e.ObligationWaived(obligation=command.obligation, occurrence=command.occurrence, reason=command.reason)


def _waived_already(situation: Situation) -> bool:
    command: c.Waive = situation.command
    return (command.obligation, command.occurrence) in situation.state.waived


def _pause(situation: Situation) -> Iterator[Any]:
    yield e.ClockPaused(obligation=situation.command.obligation, reason=situation.command.reason)


def _resume(situation: Situation) -> Iterator[Any]:
    yield e.ClockResumed(obligation=situation.command.obligation, reason=situation.command.reason)


def _fulfil(situation: Situation) -> Iterator[Any]:
    yield e.ObligationFulfilled(obligation=situation.command.obligation, note=situation.command.note)


def _fulfilled_already(situation: Situation) -> bool:
    """Whether it was discharged, and no occurrence of it is open."""
    mine = obligations_of(situation, situation.command.obligation)
    return any(one.done_at for one in mine) and not any(_pending(one) for one in mine)


def _receive(situation: Situation) -> Iterator[Any]:
    command: c.RecordReceipt = situation.command
    yield e.UpwardReportReceived(report=command.report, receipt=command.receipt, received_by=command.received_by)


def _received_already(situation: Situation) -> bool:
    command: c.RecordReceipt = situation.command
    return bool(situation.state.receipts.get(command.report) == command.receipt)


def _raise(situation: Situation) -> Iterator[Any]:
    command: c.RaiseDue = situation.command
    missed = [
        one.missed_before + (_pending(one) and one.occurrence < command.occurrence)
        for one in obligations_of(situation, command.obligation)
        if one.occurrence <= command.occurrence
    ]
    yield e.ObligationRaised(
        obligation=command.obligation,
        occurrence=command.occurrence,
        rung=command.rung,
        due_at=command.due_at,
        tell=command.tell,
        missed_before=sum(missed),
    )


def _raised_already(situation: Situation) -> bool:
    command: c.RaiseDue = situation.command
    return (command.obligation, command.occurrence, command.rung, command.due_at) in situation.state.raised


HANDLERS = (
    Handler(
        command=c.Waive,
        decide=_waive,
        emits=(e.ObligationWaived,),
        done=_waived_already,
        about=("obligation", "occurrence"),
    ),
    Handler(
        command=c.PauseClock,
        decide=_pause,
        emits=(e.ClockPaused,),
        done=lambda situation: situation.command.obligation in situation.state.paused,
    ),
    Handler(command=c.ResumeClock, decide=_resume, emits=(e.ClockResumed,)),
    Handler(command=c.Fulfil, decide=_fulfil, emits=(e.ObligationFulfilled,), done=_fulfilled_already),
    Handler(command=c.RecordReceipt, decide=_receive, emits=(e.UpwardReportReceived,), done=_received_already),
    Handler(command=c.RaiseDue, decide=_raise, emits=(e.ObligationRaised,), done=_raised_already, automatic=True),
)
_ANY = (*OPEN, RESOLVED, REVIEWED)
_KNOWN = ("role-unknown", "obligation-unknown")
TRANSITIONS = (
    Transition(
        "waive",
        _ANY,
        None,
        guards=(*_KNOWN, "obligation-not-owed", "obligation-not-waivable", "reason-missing"),
    ),
    Transition(
        "pause_clock",
        (*OPEN, RESOLVED),
        None,
        guards=(*_KNOWN, "clock-not-pausable", "reason-missing", "earlier-than-last", "clock-run-out"),
    ),
    Transition("resume_clock", _ANY, None, guards=(*_KNOWN, "clock-runs", "earlier-than-last")),
    Transition("fulfil", _ANY, None, guards=(*_KNOWN, "obligation-not-fulfillable")),
    Transition(
        "record_receipt", (*_ANY, CANCELLED), None, guards=("role-unknown", "report-unknown", "receipt-missing")
    ),
    Transition("raise_due", _ANY, None, guards=("obligation-unknown", "not-due")),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _waived(state: Incident, event: Event) -> Incident:
    return replace(state, waived=(*state.waived, (event.data.obligation, event.data.occurrence)))


def _paused(state: Incident, event: Event) -> Incident:
    return replace(state, paused=(*state.paused, event.data.obligation))


def _resumed(state: Incident, event: Event) -> Incident:
    return replace(state, paused=tuple(one for one in state.paused if one != event.data.obligation))


def _fulfilled(state: Incident, event: Event) -> Incident:
    return replace(state, fulfilled=(*state.fulfilled, event.body["id"]))


def _received(state: Incident, event: Event) -> Incident:
    return replace(state, receipts={**state.receipts, event.data.report: event.data.receipt})


def _raised(state: Incident, event: Event) -> Incident:
    data: e.ObligationRaised = event.data
    return replace(state, raised=(*state.raised, (data.obligation, data.occurrence, data.rung, data.due_at)))


EVOLVERS: Mapping[type, Evolve] = {
    e.ObligationWaived: _waived,
    e.ClockPaused: _paused,
    e.ClockResumed: _resumed,
    e.ObligationFulfilled: _fulfilled,
    e.UpwardReportReceived: _received,
    e.ObligationRaised: _raised,
}
