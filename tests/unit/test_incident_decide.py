from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from play import REPORT, RESOLVE, ROUTES, START, Play, incident_in
from respond.domain.moments import Moment
from respond.domain.money import Money
from respond.domain.payloads import to_data
from respond.domain.references import Reference
from respond.domain.values import replace
from respond.errors import CommandRefused
from respond.workflow.definition import Companion
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.cases import Case
from respond.workflow.incident.decide import absorbing
from respond.workflow.incident.followed import Followed
from respond.workflow.warning.commands import ConvertWarning

FILE = e.Attachment(name="a", media_type="text/plain", size=1, sha256="0" * 64, uri="file:a")
DISCOVERED = Moment(START, precision="minute", offset_minutes=480)
BEGAN = Moment(START, precision="hour")
PASSED_OVER = Reference(name="flood", version="2", digest="0" * 64)
CASES = (Case(party="p-1", customers=2),)
ACTIONS = (Followed(action="a-1", owner="chen.yu"),)

SAID = [
    (
        "new",
        c.ReportIncident(
            category="network",
            title="t",
            narrative="n",
            discovered_at=DISCOVERED,
            began_at=BEGAN,
            site="s",
            unit="u",
            channel="shop",
            team="first line",
            reference="INC0001",
            warning="w-1",
            passed_over=PASSED_OVER,
            plan_reason="p",
        ),
        e.IncidentReported(
            from_="new",
            to="reported",
            category="network",
            title="t",
            narrative="n",
            discovered_at=DISCOVERED,
            began_at=BEGAN,
            site="s",
            unit="u",
            channel="shop",
            team="first line",
            reference="INC0001",
            warning="w-1",
            passed_over=PASSED_OVER,
            plan_reason="p",
        ),
    ),
    (
        "reported",
        c.Assess(
            affected_customers=1,
            injured=2,
            dead=1,
            loss=Money(Decimal("3.50"), "CNY"),
            spread="local",
            sites=3,
            critical_facility=True,
            facets=("data",),
            began_at=BEGAN,
            findings="f",
            fields={"k": Decimal("1.0")},
        ),
        e.IncidentAssessed(
            from_="reported",
            to="assessed",
            affected_customers=1,
            injured=2,
            dead=1,
            loss=Money(Decimal("3.50"), "CNY"),
            spread="local",
            sites=3,
            critical_facility=True,
            facets=("data",),
            began_at=BEGAN,
            findings="f",
            fields={"k": Decimal("1.0")},
        ),
    ),
    (
        "assessed",
        c.AssignLevel(level=2, basis="b"),
        e.LevelAssigned(from_="assessed", to="level_assigned", level=2, basis="b"),
    ),
    (
        "responding",
        c.ChangeLevel(level=1, justification="j"),
        e.LevelChanged(from_level=3, to_level=1, justification="j"),
    ),
    ("level_assigned", c.StartResponse(), e.ResponseStarted(from_="level_assigned", to="responding")),
    ("reported", c.TakeCommand(briefing="b"), e.CommandTransferred(to_commander="chen.yu", briefing="b")),
    ("reported", c.TakeCommand(commander="li.na"), e.CommandTransferred(to_commander="li.na")),
    ("reported", c.AssignTeam(team="network"), e.TeamAssigned(to_team="network")),
    (
        "responding",
        c.ReportUpward(kind="initial", recipient="HQ", summary="s"),
        e.UpwardReportSent(from_="responding", to="reported_upward", kind="initial", recipient="HQ", summary="s"),
    ),
    (
        "cancelled",
        c.Note(text="t", attachments=(FILE,), fields={"k": True}),
        e.ProgressNoted(text="t", attachments=(FILE,), fields={"k": True}),
    ),
    ("responding", c.Resolve(resolution="r"), e.IncidentResolved(from_="responding", to="resolved", resolution="r")),
    ("reviewed", c.Reopen(reason="r"), e.IncidentReopened(from_="reviewed", to="responding", reason="r")),
    ("cancelled", c.Reopen(reason="r"), e.IncidentReopened(from_="cancelled", to="reported", reason="r")),
    ("resolved", c.CloseReview(summary="s"), e.IncidentReviewed(from_="resolved", to="reviewed", summary="s")),
    ("assessed", c.Cancel(reason="r"), e.IncidentCancelled(from_="assessed", to="cancelled", reason="r")),
    (
        "resolved",
        c.Merge(into="i-2", reason="r"),
        e.IncidentMerged(from_="resolved", to="merged", into="i-2", reason="r"),
    ),
    (
        "responding",
        c.Absorb(source="i-2", reason="r", worst_level=2, reported_upward=True, cases=CASES, actions=ACTIONS),
        e.IncidentAbsorbed(source="i-2", reason="r", worst_level=2, reported_upward=True, cases=CASES, actions=ACTIONS),
    ),
]


@pytest.mark.parametrize(("state", "command", "event"), SAID, ids=lambda value: type(value).__name__)
def test_an_event_tells_all_that_its_command_said(state, command, event):
    """A command causes one event, which says where it began, where it leads, and everything that was said."""
    assert incident_in(state).decide(command, "chen.yu") == (event,)


def test_all_that_can_be_said_is_said_above():
    """Each field of each of these commands has a value above, but the version that a merge goes by and tells nobody."""
    fields = {(type(command), field.name) for _, command, _ in SAID for field in attrs.fields(type(command))}
    told = {
        (type(command), field.name)
        for _, command, _ in SAID
        for field in attrs.fields(type(command))
        if getattr(command, field.name) not in (field.default, {})
    }
    assert fields - told == {(c.Merge, "at_version")}


def test_an_incident_that_is_merged_hands_on_what_its_duties_rest_on():
    """The one that goes on is told the worst level, whether it was reported upward, the cases and the action items."""
    merged = incident_in("reported_upward").do(c.ChangeLevel(level=1, justification="j")).state
    merged = replace(merged, cases={"p-1": CASES[0]}, actions={"a-1": ACTIONS[0]})
    assert absorbing("i-1", merged, "r") == c.Absorb(
        source="i-1", reason="r", worst_level=1, reported_upward=True, cases=CASES, actions=ACTIONS
    )


def test_a_report_of_a_warning_converts_it():
    """The warning is told which incident it became; a report without one has no companion."""
    handler = INCIDENT.handler_for("report")
    told = c.ReportIncident(category="network", title="t", warning="w-1")
    assert list(handler.companions("i-1", told)) == [Companion("warning", "w-1", ConvertWarning(incident="i-1"))]
    assert list(handler.companions("i-1", REPORT)) == []


@pytest.mark.parametrize(("level", "variant"), [(2, "raise"), (4, "lower")])
def test_a_level_is_raised_or_lowered(level, variant):
    """Rules of authority may tell the two apart, by the command and by what it told."""
    handler = INCIDENT.handler_for("change_level")
    situation = incident_in("level_assigned").situation(c.ChangeLevel(level=level, justification="j"))
    assert handler.variant(situation) == variant
    assert handler.told_variant(e.LevelChanged(from_level=3, to_level=level)) == variant
    assert handler.told_variant(e.LevelChanged(from_level=3, to_level=3)) == "raise"


def test_a_transfer_names_who_had_it_before():
    """A transfer of command, a new team and a new level tell what they replace."""
    play = incident_in("responding").do(
        c.TakeCommand(commander="li.na"), c.AssignTeam(team="network"), c.TakeCommand(commander="wang.li")
    )
    assert play.history[-1].data.from_commander == "li.na"
    assert play.do(c.AssignTeam(team="power")).history[-1].data.from_team == "network"


def test_corrections_and_retractions_name_their_entry():
    """A correction tells its entry, its changes as stored values, and the reason; a retraction its entry and reason."""
    play = incident_in("assessed")
    entry = play.entry("IncidentAssessed")
    (corrected,) = play.decide(c.Correct(entry=entry, changes={"fields": {"k": Decimal("1.0")}}, reason="typo"))
    assert corrected == e.EntryCorrected(entry=entry, changes={"fields": {"k": {"$dec": "1.0"}}}, reason="typo")
    assert play.decide(c.Retract(entry=entry, reason="wrong")) == (e.EntryRetracted(entry=entry, reason="wrong"),)


DONE = [
    ("assessed", ROUTES["assessed"][-1]),
    ("resolved", ROUTES["assessed"][-1]),
    ("level_assigned", c.AssignLevel(level=3, basis="another basis")),
    ("responding", c.AssignLevel(level=3, basis="another basis")),
    ("merged_with_level", c.AssignLevel(level=3, basis="another basis")),
    ("responding", c.ChangeLevel(level=3, justification="")),
    ("responding", c.StartResponse()),
    ("reported_upward", c.StartResponse()),
    ("reported_upward", c.ReportUpward(kind="initial", recipient="HQ", summary="14 shops")),
    ("resolved", RESOLVE),
    ("reviewed", c.CloseReview(summary="Power supply")),
    ("cancelled", c.Cancel(reason="A drill")),
    ("merged", c.Merge(into="i-2", reason="another reason")),
]


@pytest.mark.parametrize(("state", "command"), DONE, ids=lambda value: str(getattr(value, "__class__", value)))
def test_what_was_done_causes_nothing(state, command):
    """A command that was carried out already yields no event, is not refused, and explain says so."""
    if state == "merged_with_level":
        play = incident_in("responding").do(c.Merge(into="i-2", reason="same"))
    else:
        play = incident_in(state)
    assert play.decide(command) == ()
    explanation = play.explain(type(command).__respond_trigger__, command)
    assert explanation.done
    assert explanation.allowed
    assert explanation.refusals == ()


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (c.TakeCommand(commander="li.na"), None),
        (c.TakeCommand(), "li.na"),
        (c.AssignTeam(team="network"), None),
        (c.Absorb(source="i-2", reason="same"), None),
    ],
)
def test_what_was_done_in_place_causes_nothing(command, actor):
    """The commander, the team and the absorbed incidents are compared with what holds now."""
    play = incident_in("responding").do(command, actor=actor)
    assert play.decide(command, actor) == ()


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("resolved", c.Resolve(resolution="Replaced")),
        ("reviewed", c.CloseReview(summary="Another")),
        ("cancelled", c.Cancel(reason="Another")),
        ("merged", c.Merge(into="i-3", reason="Same cause")),
    ],
)
def test_another_word_on_what_was_done_is_refused(state, command):
    """The same step with another content is no repetition: it is refused, never swallowed."""
    with pytest.raises(CommandRefused, match="not-enabled"):
        incident_in(state).do(command)


@pytest.mark.parametrize("state", ["resolved", "reviewed", "cancelled"])
def test_a_second_reopening_is_refused(state):
    """An incident that is open cannot be reopened."""
    play = incident_in(state).do(c.Reopen(reason="It is back"))
    with pytest.raises(CommandRefused, match="reopen is enabled in resolved, reviewed, cancelled"):
        play.do(c.Reopen(reason="It is back"))


def test_a_note_is_a_fact_that_may_be_true_twice():
    """The same note twice is two events."""
    play = incident_in("reported").do(c.Note(text="Called"), c.Note(text="Called"))
    assert play.state.notes == 2


def test_a_false_alarm_that_was_none_is_assessed_and_levelled_anew():
    """After a cancelled incident is reopened, the same assessment and the same level are steps again."""
    play = incident_in("level_assigned").do(c.Cancel(reason="False alarm"), c.Reopen(reason="It is back"))
    assert play.state.status == "reported"
    with pytest.raises(CommandRefused, match="assign_level is enabled in assessed"):
        play.do(ROUTES["level_assigned"][-1])
    assert play.do(ROUTES["assessed"][-1]).state.status == "assessed"
    assert play.do(ROUTES["level_assigned"][-1]).state.status == "level_assigned"


def test_whether_it_was_done_is_a_plain_answer():
    """An assessment that says something else was not done, and nor was the first one after a reopening."""
    said = ROUTES["assessed"][-1]
    assert incident_in("assessed").explain("assess", c.Assess(fields={"vip": True})).done is False
    reopened = incident_in("assessed").do(c.Cancel(reason="False alarm"), c.Reopen(reason="It is back"))
    assert reopened.explain("assess", said).done is False


@pytest.mark.parametrize(("said", "other"), [(True, 1), (0, False), (1, Decimal(1))], ids=repr)
def test_a_value_of_another_type_is_another_word(said, other):
    """True, 1 and the decimal 1 are three values: an assessment and a correction with another one are recorded."""
    play = incident_in("assessed").do(c.Assess(fields={"vip": said}))
    assert play.decide(c.Assess(fields={"vip": said})) == ()
    assert play.decide(c.Assess(fields={"vip": other})) != ()
    corrected = [c.Correct(entry=play.entry("IncidentAssessed"), changes={"fields": {"vip": value}}, reason="r")
                 for value in (said, other)]  # fmt: skip
    play.do(corrected[0])
    assert play.decide(corrected[0]) == ()
    assert play.decide(corrected[1]) != ()


def test_a_last_correction_counts_as_done():
    """A correction is a repetition only while it is the last word on its entry."""
    play = incident_in("reported")
    entry = play.entry("IncidentReported")
    first = c.Correct(entry=entry, changes={"title": "A"}, reason="typo")
    second = c.Correct(entry=entry, changes={"title": "B"}, reason="typo")
    play.do(first)
    assert play.decide(first) == ()
    play.do(second)
    assert len(play.decide(first)) == 1
    assert len(play.decide(c.Correct(entry=entry, changes={"title": "B"}, reason="another reason"))) == 1


def test_a_retracted_entry_is_retracted_once():
    """Retracting again causes nothing, whatever reason is given."""
    play = incident_in("assessed")
    entry = play.entry("IncidentAssessed")
    play.do(c.Retract(entry=entry, reason="wrong"))
    assert play.decide(c.Retract(entry=entry, reason="still wrong")) == ()


def test_the_events_of_a_whole_life_are_few_and_stored_small():
    """A life without an upward report is six events; fields at their default are left out of what is stored."""
    play = incident_in("reviewed")
    assert [event.type for event in play.history] == [
        "IncidentReported",
        "IncidentAssessed",
        "LevelAssigned",
        "ResponseStarted",
        "IncidentResolved",
        "IncidentReviewed",
    ]
    assert to_data(play.history[0].data) == {
        "from": "new",
        "to": "reported",
        "category": REPORT.category,
        "title": REPORT.title,
    }


def test_a_report_is_refused_where_there_is_an_incident():
    """An incident is reported once."""
    with pytest.raises(CommandRefused, match=r"report is enabled in new, not in reported \[not-enabled\]"):
        Play().do(REPORT, REPORT)


@pytest.mark.parametrize(("told", "taken"), [(None, None), (1, 1), (4, 4), (9, 4), (0, 1)])
def test_the_level_of_another_plan_is_taken_as_one_of_this(told, taken):
    """An incident that is merged may have been worse than nothing that this plan knows: its mildest level then."""
    play = incident_in("level_assigned")
    (absorbed,) = play.decide(c.Absorb(source="i-9", reason="the same", worst_level=told))
    assert absorbed.worst_level == taken
    assert taken is None or play.plan.level(taken) is not None
