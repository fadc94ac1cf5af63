"""Rows 42 to 48: what is seen before it happens, and while it does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from rehearsal import desk, found, plan, refused, reported, responding
from respond import Engine
from respond.workflow.warning.commands import ConfirmWarning, LiftWarning, Prepare, RaiseWarning, RecordSignal
from respond.workflow.warning.state import preparations

POSTS = """
[[indicators]]
id = "hostile_posts"
title = "Hostile posts in an hour"
metric = "posts"
suggests = { from = 100 }
prepares = { from = 60.5 }
credibility_min = "medium"
preparations = ["Tell the spokesperson", "Check what is true of it"]
"""
STORM = RaiseWarning(category="other", title="Typhoon comes near", basis="Weather service, orange")


def signal(engine: Engine, value: int | Decimal, **told: Any) -> Any:
    """Record how many hostile posts there are, and return what is recorded."""
    command = RecordSignal(**{"source": "social media", "metric": "posts", "value": value, **told})
    engine.execute("warning", "w1", command)
    return engine.events("warning", "w1")[-1].data


def test_sources():
    """Row 42: signals come from customers, logs and monitors, and each says from where."""
    engine = desk()
    for source in ("customers", "service log", "monitor"):
        signal(engine, 7, source=source)
    assert [one.source for one in engine.state("warning", "w1").signals] == ["customers", "service log", "monitor"]
    with refused("signal-unnamed"):
        signal(engine, 7, source=" ")


def test_credibility():
    """Row 43: signals from the press, the net or staff are credible in part; those of little credit suggest nothing."""
    engine = desk(plan(POSTS))
    assert signal(engine, 300, credibility="low").suggested == ()
    assert signal(engine, 300, credibility="high").suggested == ("hostile_posts",)
    with refused("credibility-unknown"):
        signal(engine, 300, credibility="perhaps")


def test_warning():
    """Row 44: a warning is raised, confirmed, and lifted or turned into an incident, which knows of it."""
    engine = desk()
    engine.execute("warning", "w1", STORM)
    engine.execute("warning", "w1", ConfirmWarning(basis="Second source"))
    assert engine.state("warning", "w1").status == "confirmed"
    incident = reported(engine, warning="w1")
    assert incident.state().warning == "w1"
    assert engine.state("warning", "w1").incident == incident.id
    engine.execute("warning", "w2", STORM)
    engine.execute("warning", "w2", LiftWarning(reason="It turned away"))
    assert [engine.state("warning", key).status for key in ("w1", "w2")] == ["converted", "lifted"]


def test_thresholds():
    """Row 45: from a threshold on, what is measured suggests a warning, and the warning says so."""
    engine = desk(plan(POSTS))
    assert signal(engine, 99).suggested == ()
    assert signal(engine, 100).suggested == ("hostile_posts",)
    engine.execute("warning", "w1", RaiseWarning(category="other", title="Hostile posts", basis="100 in an hour"))
    assert engine.events("warning", "w1")[-1].data.suggested == ("hostile_posts",)
    assert engine.state("warning", "w1").status == "raised"
    assert "indicator-always" in found(POSTS.replace("from = 100", ""))


def test_preparations():
    """Row 46: while a danger comes near people are made ready, step by step."""
    engine = desk(plan(POSTS))
    signal(engine, 60)
    assert preparations(engine.plans.default, engine.state("warning", "w1")) == ()
    assert signal(engine, Decimal("60.5")).suggested == ()
    assert len(preparations(engine.plans.default, engine.state("warning", "w1"))) == 2
    signal(engine, 120)
    engine.execute("warning", "w1", Prepare(preparation="Tell the spokesperson"))
    assert engine.state("warning", "w1").prepared == ("Tell the spokesperson",)
    assert preparations(engine.plans.default, engine.state("warning", "w1")) == ("Check what is true of it",)


def test_watch_during_the_incident():
    """Row 47: what is observed while it goes on is kept with its figures, over time, also when it is told late."""
    engine = desk()
    incident = responding(engine)
    engine.clock.move(minutes=60)
    for ago, posts in ((50, 40), (30, 90), (40, 180)):
        at = engine.clock() - timedelta(minutes=ago)
        incident.record_observation("posts", posts, source="a watch", at=at)
    series = incident.review().communication.observations["posts"]
    assert [int(one.value) for one in series] == [40, 180, 90]
    with refused("value-not-finite"):
        incident.record_observation("posts", "NaN", source="a watch")
