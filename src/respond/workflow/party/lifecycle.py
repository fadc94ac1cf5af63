"""The lifecycle of a case: contacted, offered, agreed, settled, visited; which step is open from where."""

from __future__ import annotations

from respond.workflow import approvals
from respond.workflow.definition import NEW, Transition
from respond.workflow.of_incident import incident_of
from respond.workflow.party import decide, evolve, guards, limits
from respond.workflow.party.state import (
    AGREED,
    CLOSED,
    CONTACTED,
    OFFERED,
    OPEN,
    REGISTERED,
    SETTLED,
    STATES,
    VISITED,
    Party,
)
from respond.workflow.workflow import Workflow

PARTY_CATEGORY = "party"
"""The category of the streams of affected parties."""

_STAY = None
_BOTH = ("role-unknown", "text-too-long")
_CONTACT = (*_BOTH, "channel-missing", "outcome-unknown")
_OFFER = (
    *_BOTH,
    "offerer-missing",
    "form-unknown",
    "offer-undescribed",
    "amount-not-positive",
    "currency-wrong",
    "digits-too-many",
    "over-every-limit",
)
_REJECT = (*_BOTH, "offer-not-open", "reason-missing")
_VISIT = (*_BOTH, "impression-unknown")
_REOPEN = (*_BOTH, "reason-missing")
_SETTLE = (*_BOTH, "solution-missing", "compensation-unpaid")

_TRANSITIONS = (
    Transition("register_affected", NEW, REGISTERED, guards=(*_BOTH, "customers-not-positive")),
    Transition("contact_party", REGISTERED, CONTACTED, guards=(*_CONTACT, "party-not-reached")),
    Transition("contact_party", (*OPEN, SETTLED, VISITED), _STAY, guards=_CONTACT),
    Transition("listen", (CONTACTED, OFFERED, AGREED, SETTLED, VISITED), _STAY, guards=(*_BOTH, "nothing-heard")),
    Transition("apologise", (*OPEN, SETTLED, VISITED), _STAY, guards=(*_BOTH, "apology-unsigned")),
    Transition("offer_compensation", (CONTACTED, AGREED), OFFERED, guards=_OFFER),
    Transition(
        "approve_compensation",
        OFFERED,
        _STAY,
        guards=(*_BOTH, "approval-not-owed", "over-own-limit", "approved-by-offerer"),
    ),
    Transition("accept_compensation", OFFERED, AGREED, guards=(*_BOTH, "offer-not-open", "approval-missing")),
    Transition("reject_compensation", OFFERED, AGREED, guards=(*_REJECT, "nothing-agreed")),
    Transition("reject_compensation", OFFERED, CONTACTED, guards=_REJECT),
    Transition(
        "pay_compensation", (OFFERED, AGREED), _STAY, guards=(*_BOTH, "offer-not-accepted", "reference-missing")
    ),
    Transition("settle_case", (CONTACTED, AGREED), SETTLED, guards=_SETTLE),
    Transition("visit", SETTLED, VISITED, guards=(*_VISIT, "party-not-met")),
    Transition("visit", (SETTLED, VISITED), _STAY, guards=_VISIT),
    Transition(
        "close_case", (*OPEN, SETTLED, VISITED), CLOSED, guards=(*_BOTH, "reason-missing", "compensation-unpaid")
    ),
    Transition("reopen_case", (SETTLED, VISITED), CONTACTED, guards=_REOPEN),
    Transition("reopen_case", CLOSED, CONTACTED, guards=(*_REOPEN, "never-reached"), reopens=True),
    Transition("reopen_case", CLOSED, REGISTERED, guards=_REOPEN, reopens=True),
)


PARTY = Workflow(
    name="party",
    version=1,
    category=PARTY_CATEGORY,
    states=STATES,
    finals=(CLOSED,),
    transitions=(*_TRANSITIONS, approvals.approving((*OPEN, SETTLED, VISITED, CLOSED), "role-unknown")),
    guards=(*guards.GUARDS, *limits.GUARDS, *approvals.GUARDS),
    initial=Party(),
    handlers=(*decide.HANDLERS, *approvals.HANDLERS),
    evolvers={**evolve.EVOLVERS, **approvals.EVOLVERS},
    subject=incident_of,
    erasable=True,
)
