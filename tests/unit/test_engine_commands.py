"""Every command of an incident, by its name on the handle."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from engines import REPORTED, engine_on, responding
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.errors import CommandRefused, IncidentNotFound, InvalidInput
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import START, ManualClock
from respond.workflow.incident import commands as c
from respond.workflow.incident.events import Attachment, IncidentAssessed, ProgressNoted

PHOTO = Attachment(name="photo.jpg", media_type="image/jpeg", size=9, sha256="ab" * 32, uri="s3://evidence/photo.jpg")


@pytest.fixture
def engine():
    """An engine on an empty log in memory."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock)


def last(incident):
    """Return the payload of the last event of *incident*."""
    return incident.events()[-1].data


def test_report(engine):
    """A report keeps all that was told, and its handle tells the outcome and the number."""
    incident = engine.report(
        **REPORTED,
        narrative="Since eight o'clock",
        discovered_at=START - timedelta(minutes=5),
        site="Harbour mall",
        channel="shop",
        team="front desk",
        reference="HD-7",
    )
    state = incident.state()
    assert (state.id, state.status, state.reporter) == (incident.id, "reported", "wang.li")
    assert (state.category, state.title) == ("facility_failure", "Card terminals down in 14 shops")
    assert (state.narrative, state.site, state.channel, state.team) == (
        "Since eight o'clock",
        "Harbour mall",
        "shop",
        "front desk",
    )
    assert (state.discovered_at, state.reference) == (Moment(START - timedelta(minutes=5)), "HD-7")
    assert (state.plan, state.definition) == (engine.plans.default.reference, engine.workflows["incident"].reference)
    assert incident.outcome.versions == {incident.events()[0].stream: 1}
    assert (incident.number, repr(incident)) == ("INC-1", f"<incident {incident.id}>")


def test_assess(engine):
    """Every assessment is kept with its exact amounts and typed fields; the last one counts."""
    incident = engine.report(**REPORTED)
    loss = Money(Decimal("12.50"), "CNY")
    fields = {"share": Decimal("0.25"), "open": True, "calls": 7, "area": "north"}
    incident.assess(affected_customers=300, injured=0, loss=loss, spread="regional", findings="DNS", fields=fields)
    incident.assess(affected_customers=400)
    state = incident.state()
    assert state.status == "assessed"
    assert state.assessments[0].assessment == IncidentAssessed(
        from_="reported",
        to="assessed",
        affected_customers=300,
        injured=0,
        loss=loss,
        spread="regional",
        findings="DNS",
        fields=fields,
    )
    assert state.assessment.affected_customers == 400


def test_levels(engine):
    """A level is assigned once and then changed; the worst one so far is remembered."""
    incident = engine.report(**REPORTED)
    incident.assess(injured=0)
    incident.assign_level(3, basis="few customers")
    incident.change_level(1, justification="it spreads")
    incident.change_level(4, justification="under control")
    state = incident.state()
    assert (state.status, state.level, state.worst_level) == ("level_assigned", 4, 1)
    assert [(event.data.from_level, event.data.to_level) for event in incident.events()[-2:]] == [(3, 1), (1, 4)]


def test_command(engine):
    """The actor takes command, or whoever is named; each takes over from whoever held it."""
    incident = engine.report(**REPORTED)
    incident.take_command(actor="chen.yu")
    incident.take_command("li.na", briefing="Power is back", actor="chen.yu")
    assert incident.state().commander == "li.na"
    assert (last(incident).from_commander, last(incident).briefing) == ("chen.yu", "Power is back")


def test_team(engine):
    """An incident is handed from team to team."""
    incident = engine.report(**REPORTED, team="front desk")
    incident.assign_team("network", actor="chen.yu")
    assert (incident.state().team, last(incident).from_team) == ("network", "front desk")


def test_upward_reports(engine):
    """The first upward report while people respond is a step, later ones are facts."""
    incident = responding(engine, level=1)
    incident.report_upward("initial", recipient="ministry", summary="14 shops")
    incident.report_upward("final", recipient="ministry", summary="All shops are open")
    state = incident.state()
    assert state.status == "reported_upward"
    assert [told.report.kind for told in state.upward_reports] == ["initial", "final"]


def test_note(engine):
    """A note keeps its text, what is attached, and its typed fields."""
    incident = engine.report(**REPORTED)
    incident.note("Vendor called", attachments=(PHOTO,), fields={"crew": 6}, actor="chen.yu")
    assert last(incident) == ProgressNoted(text="Vendor called", attachments=(PHOTO,), fields={"crew": 6})
    assert incident.state().notes == 1


def test_end(engine):
    """An incident is resolved, reopened, resolved again, and its review is closed."""
    incident = responding(engine)
    incident.resolve("Terminals restarted")
    incident.reopen("Two shops are still down")
    assert (incident.state().status, incident.state().resolution) == ("responding", "")
    incident.resolve("Power supply replaced")
    incident.close_review("Buy a second power supply")
    state = incident.state()
    assert (state.status, state.reopened, state.resolution) == ("reviewed", 1, "Power supply replaced")
    assert state.review_summary == "Buy a second power supply"


def test_cancel(engine):
    """A false alarm is cancelled, and says why."""
    incident = engine.report(**REPORTED)
    incident.cancel("A drill nobody announced")
    assert (incident.state().status, incident.state().cancel_reason) == ("cancelled", "A drill nobody announced")


def test_merge(engine):
    """Merging takes a handle or an id; the old id answers where it went, and the other goes on."""
    first, second, third = (engine.report(**{**REPORTED, "title": title}) for title in ("one", "two", "three"))
    first.merge_into(third, reason="the same power cut", actor="chen.yu")
    second.merge_into(third.id, reason="the same power cut", actor="chen.yu")
    assert (first.state().status, first.state().merged_into) == ("merged", third.id)
    assert (third.state().status, third.state().absorbed) == ("reported", (first.id, second.id))


def test_correct_and_retract(engine):
    """A correction gives an entry its right values and a retraction withdraws it; the original stays in the log."""
    incident = engine.report(**REPORTED)
    incident.assess(affected_customers=30)
    incident.assess(affected_customers=9999)
    report, _, wrong = (event.id for event in incident.events())
    incident.correct(report, {"title": "Card terminals down in 15 shops"}, reason="one shop was forgotten")
    incident.retract(wrong, reason="counted twice")
    state = incident.state()
    assert state.title == "Card terminals down in 15 shops"
    assert state.assessment.affected_customers == 30
    original = incident.events()
    assert (original[0].data.title, original[2].data.affected_customers) == ("Card terminals down in 14 shops", 9999)


def test_any_command(engine):
    """What has a name on the handle can be given as a command too."""
    incident = engine.report(**REPORTED)
    incident.execute(c.Note(text="Vendor called"), actor="chen.yu")
    assert last(incident).text == "Vendor called"


@pytest.mark.parametrize("half", [c.Merge(into="b", reason="same"), c.Absorb(source="b", reason="same")])
def test_half_a_merge_is_refused(engine, half):
    """A merge is one step over two incidents: none of its halves can be written alone."""
    incident = engine.report(**REPORTED)
    with pytest.raises(InvalidInput, match="only in one step with what it belongs to"):
        incident.execute(half)
    assert engine.store.head().position == 1


def test_every_command_has_a_name_on_the_handle(engine):
    """No command that people give is without a method; `absorb` is the other half of a merge."""
    handle = engine.report(**REPORTED)
    named = {
        "report": engine.report,
        "merge": handle.merge_into,
        "absorb": handle.merge_into,
        "undo_absorption": handle.undo_merge,
        "report_part": handle.split,
    }
    workflow = engine.workflows["incident"]
    triggers = [trigger for trigger, handler in workflow.handler_of.items() if not handler.automatic]
    nameless = [trigger for trigger in triggers if not callable(named.get(trigger) or getattr(handle, trigger, None))]
    assert nameless == []


class TestMerge:
    """What a merge refuses, and what it leaves as it was."""

    @pytest.mark.parametrize(("source", "into"), [(True, False), (False, True), (False, False)])
    def test_a_missing_incident_is_not_found(self, engine, source, into):
        """Both incidents must be there: a missing one is named, and nothing is written."""
        ids = [engine.report(**REPORTED).id if there else "nobody" for there in (source, into)]
        before = engine.store.head()
        with pytest.raises(IncidentNotFound, match="there is no incident 'nobody'; merge takes the ids of incidents"):
            engine.merge(*ids, reason="same")
        assert engine.store.head() == before

    def test_a_circle_is_refused(self, engine):
        """Of three that are merged in a row none can take in the first of the row."""
        first, second, third = (engine.report(**REPORTED) for _ in range(3))
        second.merge_into(first, reason="same")
        third.merge_into(second.state().merged_into, reason="same")
        with pytest.raises(CommandRefused, match="absorb is refused in state 'merged'"):
            first.merge_into(third, reason="same")
        with pytest.raises(CommandRefused, match="merge is refused in state 'merged'"):
            second.merge_into(third, reason="same")
        assert engine.store.head().position == 7

    def test_itself_is_refused(self, engine):
        """An incident does not merge into itself."""
        incident = engine.report(**REPORTED)
        with pytest.raises(CommandRefused, match="merge-into-itself"):
            incident.merge_into(incident, reason="same")

    def test_an_unknown_circumstance_is_a_wrong_call(self, engine):
        """A keyword that is no circumstance is a programming error, as it is in any call."""
        with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
            engine.merge("a", "b", reason="same", colour="red")


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        (lambda incident: incident.note(None), "at text"),
        (lambda incident: incident.note("told", fields={"price": 1.5}), "at fields"),
        (lambda incident: incident.assess(affected_customers="3"), "at affected_customers"),
        (lambda incident: incident.assess(spread=5), "at spread"),
        (lambda incident: incident.assess(loss="5 CNY"), "'5 CNY' is not a Money; give its amount, currency at loss"),
        (lambda incident: incident.report_upward("initial", recipient="hq", summary=None), "at summary"),
    ],
)
def test_a_field_of_the_wrong_type_is_named_and_nothing_is_written(engine, ask, place):
    """A field of the wrong type is named, and nothing is written."""
    incident = engine.report(**REPORTED)
    before = engine.store.head()
    with pytest.raises(InvalidInput, match=place):
        ask(incident)
    assert engine.store.head() == before
