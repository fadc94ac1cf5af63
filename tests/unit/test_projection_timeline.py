"""Timeline: what each entry shows, and how it reads."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import attrs
import pytest

from incident_logs import PLAN, IncidentLog, after
from lamp import Dropped
from link_cases import LINK_SENTENCES
from respond.domain.canonical import canonical
from respond.domain.events import event_type
from respond.domain.moments import Moment, format_utc
from respond.domain.money import Money
from respond.domain.references import Reference
from respond.errors import InvalidInput
from respond.projections.entries import Citation
from respond.projections.sentences import sentence
from respond.projections.timeline import timeline
from respond.workflow.action import ACTION
from respond.workflow.action import events as a
from respond.workflow.approvals import ApprovalGiven
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.actions import ActionStepRecorded
from respond.workflow.incident.drawn import ExpenseRecorded
from respond.workflow.incident.events import PlanActivated, PlanRebased
from respond.workflow.incident.parties import CaseStepRecorded
from respond.workflow.incident.people import RoleAssigned, RoleHandedOver, RoleReleased
from respond.workflow.incident.pins import EntryPinned, EntryUnpinned, PinEntry, UnpinEntry
from respond.workflow.incident.proposals import ProposalStepRecorded
from respond.workflow.incident.recognition import RecognitionRecorded
from respond.workflow.incident.resources import RequestWithdrawn, ResourceMoved, ResourceRequested
from respond.workflow.incident.triage import IncidentAcknowledged, IncidentRecategorised, ResponseLevelSet
from respond.workflow.lesson import LESSON
from respond.workflow.migration import DefinitionMigrated
from respond.workflow.party import PARTY
from respond.workflow.party import events as p
from response_sentences import RESPONSE_SENTENCES
from review_sentences import REVIEW_SENTENCES
from spoken_sentences import SPOKEN_SENTENCES

STEP = {"from_": "responding", "to": "responding"}
DUE = after(30)


def test_an_absorbed_story_is_told_with_its_number():
    """Entries of an incident that was merged into another one begin with its number, as they read and as they were."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="x"), key="a")
    log.do(c.ReportIncident(category="other", title="y"), key="b")
    log.do(c.Correct(entry=log.events[1].id, changes={"title": "z"}, reason="typo"), key="b")
    log.do(c.Absorb(source="b", reason="same"), key="a")
    shown = timeline(log.events).entries
    assert [(one.text, one.original_text) for one in shown] == [
        ("Reported: x (other)", None),
        ("INC-2: Reported: z (other)", "INC-2: Reported: y (other)"),
        ("INC-2: Corrected IncidentReported #2: title=z (typo)", None),
        ("Absorbed b: same", None),
    ]
    assert next(one.text for one in timeline(log.of("b")).entries) == "Reported: z (other)"


@pytest.fixture
def log():
    """Return a log with a report, a late note of an interval, and an assessment that was corrected."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="Terminals down"), actor="wang.li")
    log.do(c.Assess(affected_customers=300), at=after(30), actor="chen.yu")
    interval = Moment(at=after(5), until=after(10), precision="minute", offset_minutes=480)
    log.do(c.Note(text="smoke"), at=after(60), occurred_at=interval)
    changes = {"affected_customers": 30, "occurred_at": Moment(after(29)).to_json()}
    log.do(c.Correct(entry=log.events[1].id, changes=changes, reason="typo"), at=after(61))
    return log


def test_entry(log):
    """An entry cites its event and says who told it, when it happened, when it was recorded, and how late that was."""
    shown = timeline(log.events).entries[1]
    assert (shown.position, shown.id, shown.stream, shown.version) == (3, log.events[2].id, "incident-a", 3)
    assert (shown.type, shown.text, shown.actor) == ("ProgressNoted", "Noted: smoke", "wang.li")
    assert shown.occurred_at == Moment(at=after(5), until=after(10), precision="minute", offset_minutes=480)
    assert (shown.happened_at, shown.recorded_at) == (after(5), after(60))
    assert (shown.late, shown.delay_seconds) == (True, 49 * 60)


def test_corrected_entry(log):
    """A corrected entry reads right, keeps what it said, and names its correction; the correction names the entry."""
    shown = timeline(log.events)
    entry, correction = shown.entries[2], shown.entries[3]
    assert entry.text == "Assessed (affected_customers=30)"
    assert entry.original_text == "Assessed (affected_customers=300)"
    assert (entry.data["affected_customers"], entry.original["affected_customers"]) == (30, 300)
    assert (entry.occurred_at, entry.originally_occurred_at) == (Moment(after(29)), Moment(after(30)))
    assert entry.corrected_by == (Citation(4, log.events[3].id),)
    assert correction.amends == Citation(2, log.events[1].id)
    assert correction.text == (
        "Corrected IncidentAssessed #2: affected_customers=30, occurred_at=2026-11-20T09:29:00.000000Z (typo)"
    )
    assert (correction.original, correction.original_text) == (None, None)


def test_correction_that_changes_no_words(log):
    """Where a correction changes nothing of the line, the line is not shown twice."""
    log.do(c.Correct(entry=log.events[0].id, changes={"narrative": "long story"}, reason="more"))
    shown = timeline(log.events).entries[0]
    assert (shown.original_text, "narrative" in shown.original, shown.data["narrative"]) == (None, False, "long story")


def test_retracted_entry(log):
    """A retracted entry stays and names its retraction."""
    log.do(c.Retract(entry=log.events[2].id, reason="another fire"))
    shown = timeline(log.events)
    assert shown.entries[1].retracted_by == Citation(5, log.events[4].id)
    assert shown.entries[-1].text == "Retracted ProgressNoted #3 (another fire)"


def test_amended_stranger(log):
    """A correction of an entry that is not among the events names its id."""
    log.record(e.EntryRetracted(entry="elsewhere", reason="merged"))
    shown = timeline(log.events).entries[-1]
    assert (shown.text, shown.amends) == ("Retracted entry elsewhere (merged)", None)


def test_orders(log):
    """The world's order is by happening, the log's by position."""
    assert [entry.position for entry in timeline(log.events, order="world").entries] == [1, 3, 2, 4]
    assert [entry.position for entry in timeline(log.events, order="log").entries] == [1, 2, 3, 4]


def test_known_at(log):
    """What was known at a time holds no later entry and no later correction, and says what it rests on."""
    shown = timeline(log.events, known_at=after(60))
    assert [entry.position for entry in shown.entries] == [1, 3, 2]
    assert shown.entries[2].text == "Assessed (affected_customers=300)"
    assert (shown.last_position, shown.known_at, shown.clock_used) == (3, after(60), "log")


def test_as_of(log):
    """What had happened by a time holds nothing that came later, and all that is known of it now."""
    shown = timeline(log.events, as_of=after(29), order="log")
    assert [(entry.position, entry.text) for entry in shown.entries] == [
        (1, "Reported: Terminals down (other)"),
        (2, "Assessed (affected_customers=30)"),
        (3, "Noted: smoke"),
    ]
    assert (shown.last_position, shown.as_of) == (4, after(29))


def test_pinned(log):
    """Before it is pinned, while it is, and after: known at each time, with the pin that says so."""
    entry = log.events[2].id
    log.do(PinEntry(entry=entry, note="the turning point"), at=after(70))
    log.do(UnpinEntry(entry=entry, reason="it was not"), at=after(80))
    log.do(PinEntry(entry=entry), at=after(90))
    told = {minutes: timeline(log.events, known_at=after(minutes)) for minutes in (69, 70, 80, 90)}
    assert [[one.position for one in shown.entries if one.pinned] for shown in told.values()] == [[], [3], [], [3]]
    assert [shown.entries[1].pinned_by and shown.entries[1].pinned_by.position for shown in told.values()] == [
        *(None, 5, None, 7)
    ]
    assert told[90].entries[-1].text == "Pinned ProgressNoted #3"


def test_a_pin_goes_with_its_entry(log):
    """It was made later, and marks what had happened by then all the same, as a correction does."""
    log.do(PinEntry(entry=log.events[2].id), at=after(70))
    shown = timeline(log.events, as_of=after(29), order="log")
    assert [(one.position, one.pinned) for one in shown.entries] == [(1, False), (2, False), (3, True)]


def test_a_retracted_pin_marks_nothing(log):
    """The entry is marked no more, by what is known then; another pin of it holds."""
    log.do(PinEntry(entry=log.events[2].id), at=after(70))
    log.do(c.Retract(entry=log.events[4].id, reason="wrong entry"), at=after(80))
    assert timeline(log.events, known_at=after(79)).entries[1].pinned
    shown = timeline(log.events).entries
    assert not any(one.pinned for one in shown)
    assert shown[-2].retracted_by == Citation(6, log.events[5].id)
    log.do(PinEntry(entry=log.events[2].id))
    assert timeline(log.events).entries[1].pinned_by == Citation(7, log.events[6].id)


def test_an_absorbed_pin_stays():
    """What was pinned in an incident that was merged into another one is pinned in the timeline of that one."""
    log = IncidentLog()
    log.do(c.ReportIncident(category="other", title="x"), key="a")
    log.do(c.ReportIncident(category="other", title="y"), key="b")
    log.do(PinEntry(entry=log.events[1].id), key="b")
    log.do(c.Absorb(source="b", reason="same"), key="a")
    assert [one.text for one in timeline(log.events).entries if one.pinned] == ["INC-2: Reported: y (other)"]


def test_threshold(log):
    """What counts as late is an argument."""
    assert not timeline(log.events, late_after=timedelta(hours=1)).entries[1].late


def test_unknown_time(log):
    """An entry of unknown time stands where it was recorded, without a delay."""
    log.do(c.Note(text="when?"), occurred_at=None)
    shown = timeline(log.events).entries[-1]
    assert (shown.occurred_at, shown.happened_at, shown.delay_seconds, shown.late) == (None, after(61), None, False)


def test_unknown_order():
    """An order that does not exist is refused by name."""
    with pytest.raises(InvalidInput, match="'time' is not an order; write 'world' or 'log'"):
        timeline([], order="time")


def test_nothing():
    """No events make an empty timeline that rests on nothing."""
    assert (timeline([]).entries, timeline([]).last_position) == ((), 0)


def test_json(log):
    """A timeline is written as canonical JSON can hold it, every key always there."""
    log.do(c.Note(text="cost", fields={"yuan": Decimal("12.50")}))
    written = timeline(log.events).to_json()
    canonical(written)
    assert json.loads(json.dumps(written)) == written
    assert {len(entry) for entry in written["entries"]} == {len(attrs.fields(type(timeline(log.events).entries[0])))}
    assert written["entries"][-1]["data"] == {"text": "cost", "fields": {"yuan": {"$dec": "12.50"}}}
    assert written["entries"][1]["occurred_at"] == {
        "at": "2026-11-20T09:05:00.000000Z",
        "until": "2026-11-20T09:10:00.000000Z",
        "precision": "minute",
        "offset_minutes": 480,
    }


SENTENCES = [
    (
        e.IncidentReported(from_="new", to="reported", category="other", title="Fire", site="Shop 4", channel="shop"),
        "Reported: Fire (other, Shop 4, shop)",
    ),
    (e.IncidentAssessed(**STEP), "Assessed"),
    (
        e.IncidentAssessed(**STEP, loss=Money(Decimal("12.50"), "CNY"), fields={"open": True}, findings="bad"),
        "Assessed (loss=12.50 CNY, fields={open=True}): bad",
    ),
    (e.LevelAssigned(**STEP, level=2), "Level 2 assigned"),
    (e.LevelAssigned(**STEP, level=2, basis="wide"), "Level 2 assigned: wide"),
    (e.LevelChanged(from_level=2, to_level=1, justification="dead"), "Level raised from 2 to 1: dead"),
    (e.LevelChanged(from_level=2, to_level=3), "Level lowered from 2 to 3"),
    (e.ResponseStarted(**STEP), "Response started"),
    (e.CommandTransferred(to_commander="li.na"), "li.na took over command"),
    (
        e.CommandTransferred(from_commander="wu", to_commander="li.na", briefing="calm"),
        "li.na took over command from wu: calm",
    ),
    (e.TeamAssigned(to_team="network"), "Handed to network"),
    (e.TeamAssigned(from_team="desk", to_team="network"), "Handed from desk to network"),
    (e.TeamAssigned(from_team="desk"), "Taken from desk; no team has it"),
    (e.UpwardReportSent(**STEP, kind="follow_up", recipient="board"), "Follow-up report sent to board"),
    (
        e.ProgressNoted(
            text="seen",
            attachments=(e.Attachment(name="a.jpg", media_type="image/jpeg", size=3, sha256="0" * 64, uri="s3://a"),),
            fields={"big": 2**60, "by": "wu"},
        ),
        "Noted: seen; big=1152921504606846976, by=wu; a.jpg (image/jpeg, 3 bytes)",
    ),
    (e.StepRecorded(from_="new", to="reported", step="Queued"), "Step 'Queued': new to reported"),
    (e.IncidentResolved(**STEP, resolution="done"), "Resolved: done"),
    (e.IncidentReopened(**STEP, reason="again"), "Reopened: again"),
    (e.IncidentReviewed(**STEP, summary="fine"), "Review closed: fine"),
    (e.IncidentCancelled(**STEP), "Cancelled"),
    (e.IncidentMerged(**STEP, into="b", reason="same"), "Merged into b: same"),
    (e.IncidentAbsorbed(source="b", reason="same"), "Absorbed b: same"),
    (e.EntryCorrected(entry="x", changes={"title": "y"}, reason="typo"), "Corrected <x>: title=y (typo)"),
    (e.EntryRetracted(entry="x", reason="typo"), "Retracted <x> (typo)"),
    (EntryPinned(entry="x"), "Pinned <x>"),
    (EntryPinned(entry="x", note="the turning point"), "Pinned <x>: the turning point"),
    (EntryUnpinned(entry="x", reason="it was not"), "Unpinned <x>: it was not"),
    (IncidentAcknowledged(), "Acknowledged"),
    (
        IncidentRecategorised(from_category="other", to_category="network", reason="the line is cut"),
        "Category changed from other to network: the line is cut",
    ),
    (ResponseLevelSet(to_response="II", basis="wide"), "Response level II set: wide"),
    (RoleAssigned(role="liaison", person="wu.bo"), "wu.bo was given the role liaison"),
    (RoleReleased(role="liaison", person="wu.bo", reason="shift over"), "wu.bo gave up the role liaison: shift over"),
    (
        RoleHandedOver(role="liaison", from_person="wu.bo", to_person="li.na", briefing="calm"),
        "li.na took the role liaison over from wu.bo: calm",
    ),
    (PlanActivated(plan=PLAN.reference, reason="networks"), "Plan service-company@1 activated: networks"),
    (
        PlanRebased(previous=PLAN.reference, plan=Reference("service-company", "2", "0"), reason="new phones"),
        "Plan service-company@2 in the place of service-company@1: new phones",
    ),
    (ApprovalGiven(command="resolve", note="by telephone"), "Approved resolve: by telephone"),
    (
        DefinitionMigrated(
            from_="reported",
            to="assessed",
            definition=Reference("incident", "3", "0"),
            mapping={"reported": "assessed"},
            reason="new rules",
        ),
        "incident@3 decides from now on, in assessed: new rules",
    ),
    (e.ObligationWaived(obligation="visit", reason="closed"), "Obligation visit waived: closed"),
    (
        e.ObligationWaived(obligation="visit", occurrence=2, reason="closed"),
        "Obligation visit, occurrence 2, waived: closed",
    ),
    (e.ClockPaused(obligation="visit", reason="storm"), "Clock of visit stopped: storm"),
    (e.ClockResumed(obligation="visit"), "Clock of visit runs again"),
    (e.ObligationFulfilled(obligation="visit", note="all"), "Obligation visit fulfilled: all"),
    (e.UpwardReportReceived(report="x", receipt="R-1"), "Receipt of <x>: R-1"),
    (e.UpwardReportReceived(report="x", receipt="R-1", received_by="desk"), "Receipt of <x> by desk: R-1"),
    (
        e.ObligationRaised(obligation="visit", occurrence=1, rung=1, due_at=after(60), tell=("commander", "liaison")),
        "commander, liaison told that visit is due at 2026-11-20T10:00:00.000000Z",
    ),
    (
        e.ObligationRaised(
            obligation="visit", occurrence=9, rung=1, due_at=after(60), tell=("commander",), missed_before=8
        ),
        "commander told that visit, occurrence 9, is due at 2026-11-20T10:00:00.000000Z; 8 before it missed",
    ),
    (
        e.ResponseLevelReached(to_response="I", because=("dead 1 (from 1)",)),
        "Response I began by itself: dead 1 (from 1)",
    ),
    *RESPONSE_SENTENCES,
    *SPOKEN_SENTENCES,
    *REVIEW_SENTENCES,
    *LINK_SENTENCES,
    (
        ResourceRequested(resource="pump", quantity=Decimal(2), purpose="water in the cellar"),
        "2 of pump asked for: water in the cellar",
    ),
    (
        RequestWithdrawn(resource="pump", quantity=Decimal(1), reason="less rain"),
        "1 of pump no longer asked for: less rain",
    ),
    (ResourceMoved(change="committed", pool="pump", quantity=Decimal(2)), "2 came from pump"),
    (
        ResourceMoved(change="consumed", pool="pump", quantity=Decimal(1), cost=Money(Decimal(9), "CNY")),
        "1 used up of pump at a cost of 9 CNY",
    ),
    (ExpenseRecorded(amount=Money(Decimal("9.50"), "CNY"), purpose="taxi"), "9.50 CNY spent: taxi"),
    (CaseStepRecorded(party="c-1", step="settled"), "Case of c-1: settled"),
    (RecognitionRecorded(person="wu.bo", text="stayed all night"), "wu.bo recognised: stayed all night"),
    (
        ProposalStepRecorded(plan="desk", proposal="p-1", step="accepted", revision=Reference("desk", "2", "ab" * 32)),
        "Change p-1 of the plan desk accepted into desk@2",
    ),
    (ActionStepRecorded(action="a-1", step="done"), "Action item a-1: done"),
    (
        a.ActionOpened(**STEP, incident="i-1", kind="detect", text="Watch it", owner="li.na", due_at=DUE),
        f"li.na asked to act by {format_utc(DUE)}, to detect it sooner: Watch it",
    ),
    (a.ActionAccepted(**STEP), "Action item accepted"),
    (a.ActionRefused(**STEP, reason="no budget"), "Action item refused: no budget"),
    (
        a.ActionAssigned(**STEP, owner="wu.bo", previous="li.na", reason="she left"),
        "Action item went from li.na to wu.bo: she left",
    ),
    (
        a.ActionRescheduled(due_at=DUE, previous_due_at=DUE, reason="delivery"),
        f"Action item moved from {format_utc(DUE)} to {format_utc(DUE)}: delivery",
    ),
    (a.ActionDone(**STEP, evidence="Invoice 7"), "Action item done: Invoice 7"),
    (a.ActionVerified(**STEP, method="test", note="it hums"), "Action item verified by test: it hums"),
    (
        a.ActionReopened(**STEP, reason="it failed", due_at=DUE),
        f"Action item reopened, due by {format_utc(DUE)}: it failed",
    ),
    (a.ActionDropped(**STEP, reason="no use"), "Action item dropped: no use"),
    (p.PartyRegistered(**STEP, incident="i-1"), "Affected party registered, one customer"),
    (
        p.PartyRegistered(**STEP, incident="i-1", customers=40, group="shop 7", reference="S-7"),
        "Affected party registered, 40 customers: shop 7; S-7",
    ),
    (
        p.PartyContacted(**STEP, channel="telephone", outcome="reached", text="we are on it"),
        "Customer contacted by telephone, reached: we are on it",
    ),
    (
        p.PartyHeard(need="a receipt", remedy="the money back"),
        "The customer needs a receipt; asks for the money back",
    ),
    (p.ApologyMade(by="li.na", form="by telephone", text="sorry"), "li.na apologised by telephone: sorry"),
    (
        p.CompensationOffered(
            **STEP, offer=1, form="money", amount=Money(Decimal("9.50"), "CNY"), text="a taxi", approval_owed=True
        ),
        "Compensation 1 offered, money of 9.50 CNY, to be approved: a taxi",
    ),
    (
        p.CompensationOffered(**STEP, offer=2, form="extra_service", text="a year"),
        "Compensation 2 offered, an extra service: a year",
    ),
    (p.CompensationApproved(offer=1, note="loyal"), "Compensation 1 approved: loyal"),
    (p.CompensationAccepted(**STEP, offer=1), "Compensation 1 accepted"),
    (p.CompensationRejected(**STEP, offer=2, reason="no use"), "Compensation 2 rejected: no use"),
    (p.CompensationPaid(offer=1, reference="B-1"), "Compensation 1 paid: B-1"),
    (p.CaseSettled(**STEP, solution="paid back"), "Case settled: paid back"),
    (p.PartyVisited(**STEP, outcome="satisfied"), "Customer visited, satisfied"),
    (p.CaseClosed(**STEP, reason="done"), "Case closed: done"),
    (p.CaseReopened(**STEP, reason="not paid"), "Case reopened: not paid"),
]


@pytest.mark.parametrize(("payload", "text"), SENTENCES)
def test_sentences(payload, text):
    """Each event of an incident reads as one line."""
    assert sentence(payload, lambda entry: f"<{entry}>") == text


def test_every_event_has_a_sentence():
    """No event of an incident, an affected party, an action item or a lesson was forgotten above."""
    events = INCIDENT.stream_types.union(PARTY.event_types).union(ACTION.event_types).union(LESSON.event_types)
    assert {type(payload) for payload, _ in SENTENCES} == {declared.payload for declared in events}


@event_type(name="BagFound")
@attrs.frozen(kw_only=True)
class Found:
    """A bag was found."""

    tag: str
    weights: tuple[int, ...] = ()
    value: Money | None = None


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (
            Found(tag="X1", weights=(3, 4), value=Money(Decimal(5), "EUR")),
            "BagFound: tag=X1, weights=[3, 4], value=5 EUR",
        ),
        (Dropped(), "Dropped"),
    ],
)
def test_sentence_of_a_users_event(payload, text):
    """An event of a user's own workflow reads as its stored name and its fields."""
    assert sentence(payload, str) == text
