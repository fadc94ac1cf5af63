"""Exhausting a workflow: what is visited, what breaks an invariant, and how honest the answer is."""

from __future__ import annotations

import attrs
import pytest

from incident_space import barred_plan
from leak import DRYING, LEAK, PAYLOADS, Close, Find, made
from outline import OUTLINE
from respond.errors import InvalidInput
from respond.testing.exhaustion import InvariantBroken, exhaust
from respond.testing.incident_space import incident_lifecycle, incident_samples
from respond.testing.outline import outline
from respond.testing.standing import Waited, Walk
from respond.testing.trial import Trial
from respond.workflow.definition import Transition, trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.events import IncidentResolved, IncidentReviewed

OPTIONS = {"payloads": PAYLOADS, "ticks": [DRYING]}
LIFECYCLE = {"payloads": incident_samples(OUTLINE), "abstraction": incident_lifecycle}


def unguarded(*codes: str):
    """Return the leak whose guards *codes* are not asked."""
    return made(
        transitions=tuple(
            Transition(
                one.trigger,
                one.sources,
                one.dest,
                guards=[code for code in one.guards if code not in codes],
                reopens=one.reopens,
            )
            for one in LEAK.transitions
        ),
        guards=tuple(one for one in LEAK.guards if one.code not in codes),
    )


def beginning():
    """Return the standing of a leak without events."""
    return Walk(LEAK).begin()


def floods_are_inspected(standing):
    """Hold that no flood is closed without an inspection."""
    leak = standing.state
    assert standing.status != "closed" or leak.severity < 3 or leak.inspected, "a flood was closed unseen"


def told_if_severe(standing) -> bool:
    """Return whether an incident that owes an upward report sent one."""
    worst = standing.state.worst_level
    return worst is None or standing.state.reported_upward or not standing.plan.level(worst).owes_upward_report


def ended_when_told(standing):
    """Hold that a severe incident is resolved, and its review closed, after it was reported upward."""
    ending = standing.log and type(standing.log[-1].data) in {IncidentResolved, IncidentReviewed}
    assert not ending or told_if_severe(standing)


def test_every_abstract_state_is_visited_once():
    """A workflow is covered completely: one visit of each abstract state, and no transition is left over."""
    found = exhaust(LEAK, **OPTIONS)
    assert found.complete
    assert (found.states, found.never) == (24, ())
    assert "not-enabled" not in found.refused  # only what has a transition is tried
    assert sum(found.statuses.values()) == found.states
    assert set(found.statuses) == {"new", *LEAK.states}
    assert str(found).startswith("leak@1: 24 abstract states, all that there are; the farthest is 7 steps away; ")


def test_a_bound_is_told():
    """Where depth or room ends the search, it is not complete, and the transitions that were not taken are named."""
    shallow, small = exhaust(LEAK, 3, **OPTIONS), exhaust(LEAK, states_max=7, **OPTIONS)
    assert (shallow.complete, shallow.deepest) == (False, 3)
    assert (small.complete, small.states) == (False, 7)
    assert "repaired-close-closed" in map(str, shallow.never)
    assert "not all that there are" in str(small)


def test_the_depth_that_is_needed_is_enough():
    """A depth one beyond the farthest abstract state covers everything."""
    farthest = exhaust(LEAK, **OPTIONS).deepest
    assert exhaust(LEAK, farthest + 1, **OPTIONS).complete
    assert not exhaust(LEAK, farthest, **OPTIONS).complete


def test_an_invariant_that_holds():
    """Nothing is raised where an invariant holds everywhere."""
    assert exhaust(LEAK, invariant=floods_are_inspected, **OPTIONS).complete


def test_the_shortest_counterexample():
    """Where a guard is missing, the shortest program that breaks the invariant is shown, and a trial agrees."""
    broken = unguarded("inspection-missing")
    with pytest.raises(InvariantBroken) as caught:
        exhaust(broken, invariant=floods_are_inspected, **OPTIONS)
    assert str(caught.value).splitlines() == [
        "floods_are_inspected does not hold after 5 steps: a flood was closed unseen",
        "",
        "trial = Trial(WORKFLOW)  # leak@1",
        "trial.send(Find(severity=3))  # found",
        "trial.send(SendCrew())  # attended",
        "trial.send(Repair())  # repaired",
        "trial.clock.move(hours=2)",
        "trial.send(Close())  # closed",
    ]
    trial = Trial(broken)
    for step in caught.value.steps:
        if isinstance(step, Waited):
            trial.clock.now += step.span
        else:
            trial.send(step.command)
    with pytest.raises(AssertionError, match="unseen"):
        floods_are_inspected(trial)


def test_an_invariant_may_return_false():
    """An invariant that returns False does not hold; one that returns nothing does."""
    with pytest.raises(InvariantBroken, match="does not hold after 1 steps"):
        exhaust(LEAK, invariant=lambda standing: standing.status == "new", **OPTIONS)


def test_the_beginning_is_asked_too():
    """An invariant that the new aggregate breaks is broken after no step."""
    with pytest.raises(InvariantBroken, match="after 0 steps"):
        exhaust(LEAK, invariant=lambda standing: standing.status != "new", **OPTIONS)


def test_blurred_states_are_told():
    """Where standings of one abstract state do not behave alike, it is named with the triggers that differ."""
    coarse = exhaust(LEAK, abstraction=lambda standing: standing.status, representatives=4, **OPTIONS)
    assert {blurred.state: blurred.differs for blurred in coarse.blurred} == {"repaired": ("close",)}
    assert "1 of them blurred" in str(coarse)


def test_an_exact_abstraction_blurs_nothing():
    """With the time since the repair told apart, all standings of an abstract state behave alike."""

    def exact(standing):
        leak = standing.state
        dry = leak.repaired_at is not None and standing.now - leak.repaired_at >= DRYING
        return leak.status, leak.severity, leak.inspected, dry

    found = exhaust(LEAK, abstraction=exact, representatives=5, **OPTIONS)
    assert (found.complete, found.blurred, found.never) == (True, (), ())


def test_time_counts_for_the_outline():
    """Without ticks no time passes, and what a guard on time bars is never taken."""
    found = exhaust(LEAK, payloads=PAYLOADS)
    assert [str(edge) for edge in found.never] == ["repaired-close-closed", "closed-reopen-found"]
    assert found.refused["still-wet"] > 0


def test_the_outline_counts_up_to_a_bound():
    """The default abstraction tells small numbers apart, and ends."""
    states = [
        exhaust(LEAK, 1, payloads={**PAYLOADS, Find: [Find(severity=n) for n in wanted]}).states
        for wanted in ([1], [1, 2], [1, 2, 3])
    ]
    assert states == [2, 3, 4]


def test_actors_send_each_command():
    """Every actor sends every command."""
    seen = set()

    def note(standing):
        seen.update(event.actor for event in standing.log)

    exhaust(LEAK, 2, invariant=note, actors=["chen.yu", "wang.li"], payloads=PAYLOADS)
    assert seen == {"chen.yu", "wang.li"}


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"representatives": 0}, "representatives"),
        ({"abstraction": lambda standing: [standing.status]}, "abstraction"),
        ({"payloads": {"drown": [Close()]}}, "payloads"),
    ],
    ids=["representatives", "abstraction", "payloads"],
)
def test_what_does_not_fit_is_refused(options, place):
    """Options that cannot be meant are refused by name."""
    with pytest.raises(InvalidInput) as refused:
        exhaust(LEAK, **options)
    assert refused.value.place == place


def test_a_state_that_is_no_attrs_class_needs_an_abstraction():
    """The outline says so when it cannot look into a state."""

    class Bare:
        status = "new"

    with pytest.raises(InvalidInput, match="Bare"):
        outline(attrs.evolve(beginning(), state=Bare()))


def test_every_command_of_an_incident_has_samples():
    """A new command of the incident workflow gets samples of its own: drawn ones rarely fit what is there."""
    assert set(incident_samples(OUTLINE)) == set(INCIDENT.triggers)


def test_the_lifecycle_of_an_incident_is_covered_completely():
    """The shipped lifecycle under the shipped plan has 1,201 abstract states; every one is visited."""
    found = exhaust(INCIDENT, invariant=ended_when_told, **LIFECYCLE)
    assert (found.states, found.complete) == (1_201, True)


def test_a_report_may_be_taken_back_once_it_is_resolved():
    """No command resolves a severe incident untold; the one way to such a state is to retract the report later.

    It is owed again then: what was told falsely is withdrawn at any time, and the review waits for another report.
    """

    def told(standing):
        assert standing.status != "resolved" or told_if_severe(standing)

    with pytest.raises(InvariantBroken, match="after 7 steps") as caught:
        exhaust(INCIDENT, invariant=told, **LIFECYCLE)
    assert [trigger_of(type(step.command)) for step in caught.value.steps[-2:]] == ["resolve", "retract"]


def test_waivers_are_part_of_the_lifecycle():
    """Under a plan whose obligations bar steps, waived and open ones are told apart, and standings behave alike."""
    plan = barred_plan()
    assert [(one.before, one.waivable) for one in plan.obligations] == [
        (("resolve",), False),
        (("close_review",), True),
    ]
    samples = incident_samples(plan)
    few = {"assign_level": samples["assign_level"][1:3], "change_level": [], "absorb": [], "retract": []}
    found = exhaust(INCIDENT, plan=plan, payloads={**samples, **few}, abstraction=incident_lifecycle, representatives=2)
    assert (found.complete, found.blurred) == (True, ())
    assert found.refused["owed-before-resolve"] > 0
    assert found.refused["owed-before-close-review"] > 0
    assert "reviewed" in found.statuses
