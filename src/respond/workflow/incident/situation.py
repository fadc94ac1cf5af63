"""The situation: what people are told, and which causes they suspect, each with its evidence and confidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from respond.domain.events import Event, event_type
from respond.domain.values import fields_of, replace
from respond.workflow.definition import Evolve, Handler, Situation, Transition, command_type, guard, not_blank, one_of
from respond.workflow.incident.marks import mark
from respond.workflow.incident.state import OPEN, RESOLVED, Incident
from respond.workflow.incident.taken import (
    CONFIDENCES,
    INFORMATION_KINDS,
    Confidence,
    Hypothesis,
    Information,
    InformationKind,
)

# -- events ------------------------------------------------------------------------------------------------------------


@event_type()
@attrs.frozen(kw_only=True)
class HypothesisRaised:
    """Someone suspects a cause."""

    hypothesis: str
    """Its key, in this incident."""
    cause: str
    evidence: str = ""
    confidence: Confidence = "medium"


@event_type()
@attrs.frozen(kw_only=True)
class HypothesisConfirmed:
    """A suspected cause is the cause, or one of them."""

    hypothesis: str
    evidence: str


@event_type()
@attrs.frozen(kw_only=True)
class HypothesisRejected:
    """A suspected cause is none."""

    hypothesis: str
    evidence: str


@event_type()
@attrs.frozen(kw_only=True)
class InformationReceived:
    """People were told something: a fact, a claim, or a rumour."""

    information: str
    """Its key, in this incident."""
    text: str
    kind: InformationKind = "claim"
    source: str
    confidence: Confidence = "medium"


@event_type()
@attrs.frozen(kw_only=True)
class InformationConfirmed:
    """What people were told is so."""

    information: str
    evidence: str


@event_type()
@attrs.frozen(kw_only=True)
class InformationRefuted:
    """What people were told is not so."""

    information: str
    evidence: str


# -- commands ----------------------------------------------------------------------------------------------------------


@command_type("raise_hypothesis")
@attrs.frozen(kw_only=True)
class RaiseHypothesis:
    """Suspect a cause."""

    hypothesis: str
    cause: str
    evidence: str = ""
    confidence: Confidence = "medium"


@command_type("confirm_hypothesis")
@attrs.frozen(kw_only=True)
class ConfirmHypothesis:
    """Say that a suspected cause is one."""

    hypothesis: str
    evidence: str


@command_type("reject_hypothesis")
@attrs.frozen(kw_only=True)
class RejectHypothesis:
    """Say that a suspected cause is none."""

    hypothesis: str
    evidence: str


@command_type("receive_information")
@attrs.frozen(kw_only=True)
class ReceiveInformation:
    """Take on what one is told."""

    information: str
    text: str
    kind: InformationKind = "claim"
    source: str
    confidence: Confidence = "medium"


@command_type("confirm_information")
@attrs.frozen(kw_only=True)
class ConfirmInformation:
    """Say that what one was told is so."""

    information: str
    evidence: str


@command_type("refute_information")
@attrs.frozen(kw_only=True)
class RefuteInformation:
    """Say that what one was told is not so."""

    information: str
    evidence: str


# -- guards ------------------------------------------------------------------------------------------------------------


@guard("hypothesis-known")
def hypothesis_new(situation: Situation) -> str | None:
    """Require a key that no hypothesis of the incident has."""
    name = situation.command.hypothesis
    known = situation.state.hypotheses.get(name)
    return None if known is None else f"{name!r} is a hypothesis already: {known.raised.text}; take another key"


@guard("hypothesis-unknown")
def hypothesis_known(situation: Situation) -> str | None:
    """Require a hypothesis that was raised."""
    name, known = situation.command.hypothesis, situation.state.hypotheses
    return None if name in known else f"{name!r} is no hypothesis of this incident; it has {', '.join(known) or 'none'}"


@guard("information-known")
def information_new(situation: Situation) -> str | None:
    """Require a key that no information of the incident has."""
    name = situation.command.information
    known = situation.state.information.get(name)
    return None if known is None else f"{name!r} was received already: {known.received.text}; take another key"


@guard("information-unknown")
def information_known(situation: Situation) -> str | None:
    """Require information that was received."""
    name, known = situation.command.information, situation.state.information
    if name in known:
        return None
    return f"{name!r} is no information of this incident; it has {', '.join(known) or 'none'}"


confidence_known = one_of(
    "confidence-unknown", "confidence", CONFIDENCES, "Require a confidence that is low, medium or high."
)


kind_known = one_of(
    "information-kind-unknown", "kind", INFORMATION_KINDS, "Require a kind that is fact, claim or rumour."
)


hypothesis_told = not_blank("hypothesis-missing", "hypothesis", "cause")
information_told = not_blank("information-missing", "information", "text", "source")
evidence_given = not_blank("evidence-missing", "evidence")
GUARDS = (
    hypothesis_new,
    hypothesis_known,
    information_new,
    information_known,
    confidence_known,
    kind_known,
    hypothesis_told,
    information_told,
    evidence_given,
)


# -- deciding ----------------------------------------------------------------------------------------------------------


def _raise(situation: Situation) -> Iterator[Any]:
    yield HypothesisRaised(**fields_of(situation.command))


def _confirm(situation: Situation) -> Iterator[Any]:
    yield HypothesisConfirmed(**fields_of(situation.command))


def _reject(situation: Situation) -> Iterator[Any]:
    yield HypothesisRejected(**fields_of(situation.command))


def _receive(situation: Situation) -> Iterator[Any]:
    yield InformationReceived(**fields_of(situation.command))


def _confirm_information(situation: Situation) -> Iterator[Any]:
    yield InformationConfirmed(**fields_of(situation.command))


def _refute(situation: Situation) -> Iterator[Any]:
    yield InformationRefuted(**fields_of(situation.command))


def _raised_already(situation: Situation) -> bool:
    command: RaiseHypothesis = situation.command
    known: Hypothesis | None = situation.state.hypotheses.get(command.hypothesis)
    told = (command.cause, command.evidence, command.confidence)
    return known is not None and (known.raised.text, known.evidence, known.confidence) == told


def _received_already(situation: Situation) -> bool:
    command: ReceiveInformation = situation.command
    known: Information | None = situation.state.information.get(command.information)
    told = (command.text, command.kind, command.source, command.confidence)
    return known is not None and (known.received.text, known.kind, known.source, known.confidence) == told


def _hypothesis_is(situation: Situation, status: str) -> bool:
    known = situation.state.hypotheses.get(situation.command.hypothesis)
    return known is not None and known.status == status


def _information_is(situation: Situation, status: str) -> bool:
    known = situation.state.information.get(situation.command.information)
    return known is not None and known.status == status


HANDLERS = (
    Handler(command=RaiseHypothesis, decide=_raise, emits=(HypothesisRaised,), done=_raised_already),
    Handler(
        command=ConfirmHypothesis,
        decide=_confirm,
        emits=(HypothesisConfirmed,),
        done=lambda situation: _hypothesis_is(situation, "confirmed"),
    ),
    Handler(
        command=RejectHypothesis,
        decide=_reject,
        emits=(HypothesisRejected,),
        done=lambda situation: _hypothesis_is(situation, "rejected"),
    ),
    Handler(command=ReceiveInformation, decide=_receive, emits=(InformationReceived,), done=_received_already),
    Handler(
        command=ConfirmInformation,
        decide=_confirm_information,
        emits=(InformationConfirmed,),
        done=lambda situation: _information_is(situation, "confirmed"),
    ),
    Handler(
        command=RefuteInformation,
        decide=_refute,
        emits=(InformationRefuted,),
        done=lambda situation: _information_is(situation, "refuted"),
    ),
)
_AT_WORK = (*OPEN, RESOLVED)
_SAID = ("role-unknown", "text-too-long")
_RULED = (*_SAID, "hypothesis-unknown", "evidence-missing")
_CHECKED = (*_SAID, "information-unknown", "evidence-missing")
TRANSITIONS = (
    Transition(
        "raise_hypothesis",
        _AT_WORK,
        None,
        guards=(*_SAID, "hypothesis-missing", "hypothesis-known", "confidence-unknown"),
    ),
    Transition("confirm_hypothesis", _AT_WORK, None, guards=_RULED),
    Transition("reject_hypothesis", _AT_WORK, None, guards=_RULED),
    Transition(
        "receive_information",
        _AT_WORK,
        None,
        guards=(
            *_SAID,
            "information-missing",
            "information-known",
            "information-kind-unknown",
            "confidence-unknown",
        ),
    ),
    Transition("confirm_information", _AT_WORK, None, guards=_CHECKED),
    Transition("refute_information", _AT_WORK, None, guards=_CHECKED),
)


# -- folding -----------------------------------------------------------------------------------------------------------


def _raised(state: Incident, event: Event) -> Incident:
    data: HypothesisRaised = event.data
    raised = Hypothesis(confidence=data.confidence, evidence=data.evidence, raised=mark(event, "cause"))
    return replace(state, hypotheses={**state.hypotheses, data.hypothesis: raised})


def _ruled(status: Literal["confirmed", "rejected"]) -> Evolve:
    def rule(state: Incident, event: Event) -> Incident:
        name = event.data.hypothesis
        known = state.hypotheses.get(name)
        if known is None:  # a foreign log may rule on what it never told
            return state
        ruled = attrs.evolve(known, status=status, ruled=mark(event, "evidence"))
        return replace(state, hypotheses={**state.hypotheses, name: ruled})

    return rule


def _received(state: Incident, event: Event) -> Incident:
    data: InformationReceived = event.data
    received = Information(kind=data.kind, source=data.source, confidence=data.confidence, received=mark(event, "text"))
    return replace(state, information={**state.information, data.information: received})


def _checked(status: Literal["confirmed", "refuted"]) -> Evolve:
    def check(state: Incident, event: Event) -> Incident:
        name = event.data.information
        known = state.information.get(name)
        if known is None:  # a foreign log may check what it never told
            return state
        checked = attrs.evolve(known, status=status, checked=mark(event, "evidence"))
        return replace(state, information={**state.information, name: checked})

    return check


EVOLVERS: Mapping[type, Evolve] = {
    HypothesisRaised: _raised,
    HypothesisConfirmed: _ruled("confirmed"),
    HypothesisRejected: _ruled("rejected"),
    InformationReceived: _received,
    InformationConfirmed: _checked("confirmed"),
    InformationRefuted: _checked("refuted"),
}
