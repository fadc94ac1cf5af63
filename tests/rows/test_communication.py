"""Rows 78 to 89: words, as far as the plan and its clocks go."""

from __future__ import annotations

from rehearsal import BASE, desk, found, owes, plan, responding, verdicts
from respond import Plan

PRESS = '[[audiences]]\nid = "press"\ntitle = "The press"\nkind = "media"\n'
VOICE = '[[roles]]\nid = "spokesperson"\ntitle = "Spokesperson"\n'
STAGES = ("first", "update", "resolved", "final")


def message(stage: str) -> str:
    """Return the key message of one stage as TOML."""
    return f'[[key_messages]]\nid = "{stage}"\ntitle = "{stage}"\nstage = "{stage}"\ntext = "We know, and act."\n'


def test_one_wording():
    """Row 81: what is said outside has one wording for each stage, written down beforehand."""
    whole = "".join(map(message, STAGES))
    assert "key-message-missing" not in found(PRESS + whole)
    assert "key-message-missing" in found(PRESS + whole.replace(message("final"), ""))


def test_who_speaks():
    """Row 82: the press and the public hear only those who may speak to them."""
    speakers = 'speakers = ["spokesperson"]\n'
    assert "media-without-speaker" in found(PRESS)
    assert "audience-without-speaker" in found(PRESS.replace("media", "customers"))
    assert "media-without-speaker" not in found(PRESS + speakers + VOICE)
    assert found(PRESS + speakers)["role-unknown"] == "audiences[0].speakers[0]"


def test_silence():
    """Row 87: nobody is left without word for longer than the plan allows while it goes on."""
    duty = owes("word_to_press", 'from = "response_started", within = "1 h"', 'recurs = { every = "2 h" }')
    engine = desk(plan(duty))
    incident = responding(engine)
    engine.clock.move(minutes=61)
    assert verdicts(incident) == {"word_to_press": "missing"}
    incident.fulfil("word_to_press", note="Told the agency")
    assert verdicts(incident) == {"word_to_press": "open"}
    engine.clock.move(minutes=121)
    assert verdicts(incident) == {"word_to_press": "missing"}


def test_stakeholders():
    """Row 89: those who are to know are data of the plan, and a report to anyone else is a defect of it."""
    report = ('report = "initial"', 'recipient = "press"')
    duty = owes("tell", 'from = "told", within = "1 h"', *report, act="report_upward")
    assert found(duty)["recipient-unknown"] == "obligations[0].recipient"
    assert "recipient-unknown" not in found(duty + PRESS)
    incident = responding(desk(plan(duty + PRESS, base=BASE)))
    incident.report_upward("initial", recipient="press", summary="Cards are not taken")
    [told] = incident.review().upward_reports
    assert (told.recipient, told.summary) == ("press", "Cards are not taken")


def test_channels():
    """Row 80: those outside are reached by channels, each of which the plan must have."""
    line = '[[channels]]\nid = "hotline"\ntitle = "Hotline"\nmedium = "telephone"\n'
    reached = PRESS + 'channels = ["hotline"]\n'
    assert "audience-without-channel" in found(PRESS)
    assert found(reached)["channel-unknown"] == "audiences[0].channels[0]"
    assert {"audience-without-channel", "channel-unknown"}.isdisjoint(found(reached + line))


def test_stages():
    """Row 86: what is said is prepared for each stage: at first, on the way, when it is over, and at the end."""
    assert {one.stage for one in Plan.shipped("service-company").key_messages} == set(STAGES)
    assert found(message("later"))["value-invalid"] == "key_messages[0].stage"
