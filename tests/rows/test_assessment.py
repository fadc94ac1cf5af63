"""Rows 54 to 59: assessment."""

from __future__ import annotations

from rehearsal import desk, owes, plan, refused, reported, responding, verdicts
from respond.engine.watch import Watch


def test_quick_assessment():
    """Row 54: the impact is judged within a time, and who does not is told."""
    ladder = 'near = "10 min"\nladder = [{ tell = ["duty_officer"] }, { after = "15 min", tell = ["commander"] }]'
    engine = desk(plan(owes("judge", 'from = "told", within = "30 min"', ladder, act="assess")))
    quick, slow = reported(engine), reported(engine)
    quick.assess(affected_customers=3)
    engine.clock.move(minutes=25)
    assert [verdicts(one)["judge"] for one in (quick, slow)] == ["met", "near"]
    engine.clock.move(minutes=6)
    assert verdicts(slow)["judge"] == "missing"
    assert Watch(engine).round().raised == 1
    assert slow.events()[-1].data.tell == ("duty_officer",)
    slow.assess(affected_customers=3)
    assert verdicts(slow)["judge"] == "late"


def test_sides_of_the_impact():
    """Row 55: an assessment has figures, and what the plan wants known besides: knock-on effects, standing."""
    fields = "".join(
        f'[[extension_fields]]\nid = "{one}"\ntitle = "{one}"\nkind = "text"\nrequired = true\n'
        for one in ("knock_on", "reputation")
    )
    incident = reported(desk(plan(fields)))
    with refused("field-required"):
        incident.assess(affected_customers=300, fields={"knock_on": "none"})
    incident.assess(affected_customers=300, fields={"knock_on": "none", "reputation": "local press"})
    assert incident.state().assessment.fields["reputation"] == "local press"


def test_causes():
    """Row 56: causes are suspected with what speaks for them, and confirmed or ruled out by what shows it."""
    incident = responding(desk())
    incident.raise_hypothesis("update", cause="The update", evidence="All shops have it", confidence="high")
    incident.raise_hypothesis("power", cause="The power", confidence="low")
    with refused("evidence-missing"):
        incident.reject_hypothesis("power", evidence="")
    incident.reject_hypothesis("power", evidence="No dip")
    incident.confirm_hypothesis("update", evidence="Without it all works")
    told = {one.key: one for one in incident.review().response.hypotheses}
    assert {key: (one.status, one.shown_by) for key, one in told.items()} == {
        "update": ("confirmed", "Without it all works"),
        "power": ("rejected", "No dip"),
    }
    assert (told["update"].evidence, told["update"].confidence) == ("All shops have it", "high")


def test_action_plan():
    """Row 57: those who command judge the situation and draft a plan of action: what is to be achieved, and how."""
    calm = '[[measures]]\nid = "calm"\ntitle = "Calm people"\nrole = "agent"\nlevels = [1]\n'
    incident = responding(desk(plan(calm)))
    with refused("objective-missing"):
        incident.set_action_plan(objectives=())
    with refused("planned-measure-unknown"):
        incident.set_action_plan(objectives=("Nobody is afraid",), measures=("dance",))
    assert incident.measures() == ()
    incident.set_action_plan(objectives=("Nobody is afraid",), measures=("calm",))
    assert [one.measure.id for one in incident.measures()] == ["calm"]
    assert incident.state().course.objectives == ("Nobody is afraid",)


def test_needs():
    """Row 58: what is needed, by measures and by what was asked for, is held against what came and what is there."""
    van = '[[resources]]\nid = "van"\ntitle = "Van"\nkind = "technology"\nquantity = {}\n'
    swap = '[[measures]]\nid = "swap"\ntitle = "Swap"\nrole = "agent"\nresources = ["van"]\n'
    engine = desk(plan(van.format(3) + swap))
    incident = responding(engine)
    assert [(one.resource, one.measures, one.gap, one.available) for one in incident.needs()] == [
        ("van", ("swap",), 1, None)
    ]
    engine.pool("van").open()
    incident.request_resource("van", 5, purpose="14 shops")
    incident.request_resource("tent", 1, purpose="Rain")
    engine.pool("van").commit(incident.id, 2)
    van, tent = incident.needs()
    assert (van.needed, van.committed, van.gap, van.available, van.uncovered) == (5, 2, 3, 1, 2)
    assert (tent.resource, tent.available, tent.uncovered) == ("tent", None, 1)
    incident.start_measure("swap")
    incident.complete_measure("swap", outcome="All are new")
    engine.pool("van").give_back(incident.id, 2)
    incident.withdraw_request("van", 5, reason="All are new")
    assert (incident.needs()[0].measures, incident.needs()[0].gap) == ((), 0)


def test_assessed_again():
    """Row 59: every assessment is kept, and what was held true at a time can be asked."""
    engine = desk()
    incident = reported(engine)
    incident.assess(affected_customers=40)
    first = engine.clock()
    engine.clock.move(hours=1)
    incident.assess(affected_customers=300)
    assert [one.assessment.affected_customers for one in incident.state().assessments] == [40, 300]
    assert incident.state(known_at=first).assessment.affected_customers == 40
