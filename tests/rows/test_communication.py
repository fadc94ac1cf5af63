"""Rows 78 to 89: words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rehearsal import BASE, desk, found, owes, plan, refused, reported, responding, verdicts
from respond import Engine, Plan
from respond.engine.incident import IncidentHandle
from respond.errors import AccessDenied

PRESS = '[[audiences]]\nid = "press"\ntitle = "The press"\nkind = "media"\n'
VOICE = '[[roles]]\nid = "spokesperson"\ntitle = "Spokesperson"\n'
WIRE = '[[channels]]\nid = "wire"\ntitle = "Wire"\nmedium = "press"\n'
LINE = '[[channels]]\nid = "hotline"\ntitle = "Hotline"\nmedium = "telephone"\n'
SPOKEN = WIRE + LINE + VOICE + PRESS + 'channels = ["wire"]\nspeakers = ["spokesperson"]\napprovers = ["commander"]\n'
STAFF = '[[audiences]]\nid = "staff"\ntitle = "Staff"\nkind = "staff"\nchannels = ["hotline"]\n'
STAGES = ("first", "update", "resolved", "final")
KNOWN: dict[str, Any] = {
    "text": "14 shops take no cards",
    "cause": "not known yet",
    "effect": "customers pay cash",
    "measures": "technicians are there",
    "recovery": "by noon",
}
WRITER, CHIEF = {"actor": "wang.li"}, {"actor": "li.na", "role": "commander"}
SPEAKER = {"actor": "zhao.min", "role": "spokesperson"}


def message(stage: str) -> str:
    """Return the key message of one stage as TOML."""
    return f'[[key_messages]]\nid = "{stage}"\ntitle = "{stage}"\nstage = "{stage}"\ntext = "We know, and act."\n'


def voiced(more: str = "", level: int = 2) -> tuple[Engine, IncidentHandle]:
    """Return an engine and an incident to which people respond, with live key messages."""
    engine = desk(plan(SPOKEN + STAFF + more))
    incident = responding(engine, level)
    incident.set_key_messages("We know.", "We act.", stage="first", **WRITER)
    incident.approve_key_messages(1, **CHIEF)
    return engine, incident


def draft(incident: IncidentHandle, key: str = "s1", **told: Any) -> None:
    """Draft a statement to the press that lacks nothing."""
    soon = incident.engine.clock() + timedelta(hours=1)
    incident.draft_statement(
        key, **{"audience": "press", "channel": "wire", "next_update_at": soon, **KNOWN, **WRITER, **told}
    )


def test_statements():
    """Row 78: statements are drafted, approved, published and withdrawn, in that order, and never twice."""
    _, incident = voiced()
    draft(incident)
    with refused("statement-not-approved"):
        incident.publish_statement("s1", **SPEAKER)
    incident.approve_statement("s1", **CHIEF)
    with refused("statement-not-published"):
        incident.retract_statement("s1", reason="too early", **SPEAKER)
    assert len(incident.publish_statement("s1", **SPEAKER).events) == 1
    assert incident.publish_statement("s1", **SPEAKER).events == ()
    incident.retract_statement("s1", reason="15 shops", **SPEAKER)
    [told] = incident.review().communication.statements
    [version] = told.versions
    who = version.written_by, version.approved_by, version.published_by, told.retracted_because
    assert who == ("wang.li", "li.na", "zhao.min", "15 shops")


def test_notices():
    """Row 79: inside, the plan says who tells whom by which channel, and what was told stays."""
    matrix = '[[notices]]\nid = "shifts"\ntellers = ["duty_officer"]\naudience = "staff"\nchannels = ["hotline"]\n'
    _, incident = voiced(matrix)
    with refused("notice-not-planned"):
        incident.notify("Take cash", audience="staff", channel="hotline", actor="x", role="agent")
    with refused("notice-outside"):
        incident.notify("All is well", audience="press", channel="wire", actor="x", role="duty_officer")
    incident.notify("Take cash", audience="staff", channel="hotline", actor="x", role="duty_officer")
    [told] = incident.told()
    assert (told.audience, told.channel, told.text, told.actor) == ("staff", "hotline", "Take cash", "x")
    assert found(SPOKEN + matrix.replace("staff", "press"))["notice-outside"] == "notices[0].audience"


def test_one_wording():
    """Row 81: what is said outside rests on the live key messages, of which there is one version at a time."""
    _, incident = voiced()
    draft(incident)
    incident.approve_statement("s1", **CHIEF)
    incident.set_key_messages("It is over.", **WRITER)
    assert incident.state().said.live == 1
    incident.approve_key_messages(2, **CHIEF)
    assert incident.state().said.live == 2
    with refused("key-messages-outdated"):
        incident.publish_statement("s1", **SPEAKER)
    incident.correct_statement("s1", text="Cards work again", reason="it is over", **WRITER)
    incident.approve_statement("s1", **CHIEF)
    incident.publish_statement("s1", **SPEAKER)
    unvoiced = responding(incident.engine)
    draft(unvoiced)
    with refused("key-messages-missing"):
        unvoiced.approve_statement("s1", **CHIEF)


def test_who_speaks():
    """Row 82: the press and the public hear only those who may speak to them."""
    _, incident = voiced()
    draft(incident)
    incident.approve_statement("s1", **CHIEF)
    for other in (CHIEF, WRITER, {}):
        with refused("not-a-speaker"):
            incident.publish_statement("s1", **other)
    incident.publish_statement("s1", **SPEAKER)
    assert incident.state().said.statements["s1"].status == "published"
    speakers = 'speakers = ["spokesperson"]\n'
    assert "media-without-speaker" in found(PRESS)
    assert "media-without-speaker" not in found(PRESS + speakers + VOICE)
    assert found(PRESS + speakers)["role-unknown"] == "audiences[0].speakers[0]"


def test_content():
    """Row 83: a statement to outside says cause, effect, measures, when service is back, and when more comes."""
    engine, incident = voiced()
    for lacking in ("cause", "effect", "measures", "recovery"):
        with refused("statement-incomplete"):
            draft(incident, **{lacking: " "})
    with refused("statement-incomplete"):
        draft(incident, next_update_at=None)
    with refused("next-update-past"):
        draft(incident, next_update_at=engine.clock())
    incident.draft_statement("in", audience="staff", channel="hotline", text="Take cash")
    draft(incident)
    assert set(incident.state().said.statements) == {"in", "s1"}


def test_feedback():
    """Row 84: what people answer is kept, with who says so, by which way, and how many."""
    _, incident = voiced()
    with refused("count-not-positive"):
        incident.record_feedback("Thanks", source="callers", channel="hotline", count=0)
    incident.record_feedback("Too late", source="callers", channel="survey", count=12)
    [heard] = incident.review().communication.feedback
    assert (heard.source, heard.channel, heard.text, heard.count) == ("callers", "survey", "Too late", 12)


def test_evaluation():
    """Row 85: how well communication worked is judged, so that it gets better."""
    _, incident = voiced()
    with refused("rating-out-of-range"):
        incident.evaluate_communication(6, text="Great")
    incident.evaluate_communication(2, text="The first word came late", actor="he.na")
    [judged] = incident.review().communication.evaluations
    assert (judged.rating, judged.text, judged.actor) == (2, "The first word came late", "he.na")


def test_silence():
    """Row 87: nobody is left without word for longer than the plan allows while it goes on."""
    quiet = SPOKEN + 'longest_silence = "2 h"\n' + STAFF
    engine = desk(plan(quiet))
    incident = responding(engine)
    incident.set_key_messages("We know.", **WRITER)
    incident.approve_key_messages(1, **CHIEF)
    engine.clock.move(minutes=119)
    assert verdicts(incident) == {"silence:press": "open"}
    engine.clock.move(minutes=2)
    assert verdicts(incident) == {"silence:press": "missing"}
    draft(incident)
    incident.approve_statement("s1", **CHIEF)
    incident.publish_statement("s1", **SPEAKER)
    assert verdicts(incident) == {"silence:press": "open"}
    engine.clock.move(minutes=121)
    [silence] = incident.review(now=engine.clock()).communication.silences
    assert (silence.audience, silence.longest_seconds, silence.breaches) == ("press", 121 * 60, 2)


def test_access():
    """Row 88: a plan says who is shown what; the rest is left out of all that the role reads, and named as left out."""
    rules = '[[access]]\nid = "care"\nroles = ["agent"]\nshows = ["customers", "drafts"]\n'
    assert found(rules.replace("agent", "gardener"))["role-unknown"] == "access[0].roles[0]"
    _, incident = voiced(rules)
    draft(incident)
    incident.receive_information("r1", text="The vendor is broke", kind="rumour", source="A driver", **WRITER)
    incident.raise_hypothesis("power", cause="Somebody pulled the plug", **CHIEF)
    party = incident.register_affected("c-1", **WRITER)
    party.contact_party("telephone", **WRITER)
    party.listen(complaint="Charged twice", **WRITER)
    view = incident.view("agent")
    told = str(view.to_json())
    assert view.withholds == ("people", "causes", "rumours", "notes")
    assert [one for one in ("is broke", "driver", "the plug", "li.na") if one in told] == []
    assert ("Charged twice" in told, "14 shops take no cards" in told) == (True, True)
    named = [(one.matter, one.fields) for one in view.withheld]
    assert named == [("rumours", ("text", "source")), ("causes", ("cause",))]
    with pytest.raises(AccessDenied):
        incident.view("duty_officer")
    incident.confirm_information("r1", evidence="It says so itself", **WRITER)
    incident.resolve("New terminals", **CHIEF)
    party.settle_case("Paid back", **WRITER)
    incident.close_review("Done", **CHIEF)
    assert incident.view("agent").withheld == ()
    assert "Somebody pulled the plug" in str(incident.view("agent").review.to_json())
    assert responding(desk()).view("anyone at all").withholds == ()


def test_stakeholders():
    """Row 89: those who are to know are data of the plan, and it is told who was told what, and when."""
    report = ('report = "initial"', 'recipient = "press"')
    duty = owes("tell", 'from = "told", within = "1 h"', *report, act="report_upward")
    assert found(duty)["recipient-unknown"] == "obligations[0].recipient"
    assert "recipient-unknown" not in found(duty + PRESS)
    _, incident = voiced(duty)
    with refused("audience-unknown"):
        draft(incident, audience="the moon")
    draft(incident)
    incident.approve_statement("s1", **CHIEF)
    incident.publish_statement("s1", **SPEAKER)
    incident.notify("Take cash", audience="staff", channel="hotline")
    incident.report_upward("initial", recipient="press", summary="Cards are not taken")
    assert [(one.audience, one.by_way_of, one.text) for one in incident.told()] == [
        ("press", "statement", "14 shops take no cards"),
        ("staff", "notice", "Take cash"),
        ("press", "upward_report", "Cards are not taken"),
    ]


def test_channels():
    """Row 80: those outside are reached by channels of the plan, each by those that reach them."""
    reached = PRESS + 'channels = ["hotline"]\n'
    assert "audience-without-channel" in found(PRESS)
    assert found(reached)["channel-unknown"] == "audiences[0].channels[0]"
    assert {"audience-without-channel", "channel-unknown"}.isdisjoint(found(reached + LINE))
    _, incident = voiced()
    with refused("channel-unknown"):
        draft(incident, channel="drum")
    with refused("channel-unfit"):
        draft(incident, channel="hotline")
    draft(incident)
    assert incident.state().said.statements["s1"].channel == "wire"


def test_stages():
    """Row 86: what is said is prepared for each stage: at first, on the way, when it is over, and at the end."""
    assert {one.stage for one in Plan.shipped("service-company").key_messages} == set(STAGES)
    assert found(message("later"))["value-invalid"] == "key_messages[0].stage"
    whole = "".join(map(message, STAGES))
    assert "key-message-missing" in found(PRESS + whole.replace(message("final"), ""))
    incident = reported(desk(plan(whole, base=BASE)))
    [prepared] = incident.drafts("final")
    incident.set_key_messages(prepared.text, stage="final")
    assert incident.state().said.version(1).messages == ("We know, and act.",)
