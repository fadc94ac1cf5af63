"""Paths that cover a workflow, and what is out of their reach."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import strategies as st

from leak import DRYING, LEAK, PAYLOADS, Close, Find, Inspect, Leak
from outline import OUTLINE
from respond.errors import InvalidInput
from respond.testing.incident_space import incident_lifecycle, incident_samples
from respond.testing.path import NotReached, Path, paths
from respond.testing.search import edges_of
from respond.testing.standing import Sent
from respond.workflow.definition import trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.warning import WARNING

TWICE_INSPECTED = "repaired-inspect-repaired-inspect-repaired"


def covering(cover: str, **options) -> list[Path]:
    """Return the paths of the leak."""
    return paths(LEAK, cover, **{"payloads": PAYLOADS, "ticks": [DRYING], **options})


@pytest.mark.parametrize("path", covering("shortest"))
def test_each_state_is_entered(path, request):
    """The path of a state leads there, on a real engine; pytest shows the state as the id of the test."""
    assert path.play().status == path.name == request.node.callspec.id


@pytest.mark.parametrize("path", covering("transitions"))
def test_each_transition_is_taken(path):
    """The last step of the path of a transition takes it."""
    source, trigger, dest = path.name.split("-")
    last, after = path.steps[-1]
    assert (trigger_of(type(last.command)), after.status) == (trigger, dest)
    assert (path.steps[-2][1].status if len(path.steps) > 1 else "new") == source
    assert path.play().status == dest


@pytest.mark.parametrize("path", covering("pairs", impossible=[TWICE_INSPECTED]))
def test_each_pair_is_taken_in_a_row(path):
    """The last two commands of the path of a pair take its transitions, one after the other."""
    source, first, _, second, dest = path.name.split("-")
    sent = [(step, after) for step, after in path.steps if isinstance(step, Sent)]
    assert [trigger_of(type(step.command)) for step, _ in sent[-2:]] == [first, second]
    assert (sent[-3][1].status if len(sent) > 2 else "new") == source
    assert path.play().status == dest


def test_every_goal_has_a_path():
    """There is one path for each state, for each transition and for each pair that fits together."""
    edges = edges_of(LEAK)
    assert [path.name for path in covering("shortest")] == list(LEAK.states)
    assert [path.name for path in covering("transitions")] == [str(edge) for edge in edges]
    fitting = [(first, last) for first in edges for last in edges if first.dest == last.source]
    assert len(covering("pairs")) == len(fitting) == 8


def test_each_run_finds_the_same():
    """Two searches find the same steps."""
    first, second = covering("pairs"), covering("pairs")
    assert [path.program() for path in first] == [path.program() for path in second]


def test_the_shortest_way_is_found():
    """No path to a state is longer than it must be."""
    assert {path.name: len(path.steps) for path in covering("shortest")} == {
        "found": 1,
        "attended": 2,
        "repaired": 3,
        "closed": 5,
    }


def test_a_path_is_a_program():
    """A path reads as the program that takes it, without what commands say by default."""
    closed = covering("shortest")[-1]
    assert closed.program().splitlines() == [
        "trial = Trial(WORKFLOW)  # leak@1",
        "trial.send(Find(severity=1))  # found",
        "trial.send(SendCrew())  # attended",
        "trial.send(Repair())  # repaired",
        "trial.clock.move(hours=2)",
        "trial.send(Close())  # closed",
    ]


def test_what_is_out_of_reach_fails():
    """What no sample reaches is among the paths; playing it fails and tells what stood against it."""
    closed = covering("shortest", ticks=[])[-1]
    assert not closed.reached
    with pytest.raises(NotReached, match=r"^closed: not reached: against it stood still-wet \(4\), inspection-missing"):
        closed.play()


def test_what_stood_against_a_pair_is_its_own():
    """Against a pair only those refusals count that came after its first transition."""
    against = {path.name: path.against for path in covering("pairs", ticks=[])}
    after_inspection = against["repaired-inspect-repaired-close-closed"]
    assert "still-wet" in after_inspection
    assert "inspection-missing" not in after_inspection
    assert "inspection-missing" in against["attended-repair-repaired-close-closed"]


def test_an_engine_that_disagrees_is_told():
    """A path whose steps lead elsewhere on the engine than in the search fails."""
    path = covering("shortest")[0]
    ((step, standing),) = path.steps
    wrong = attrs.evolve(path, steps=((step, attrs.evolve(standing, state=Leak(status="closed"))),))
    with pytest.raises(AssertionError, match="found: the engine leads to"):
        wrong.play()


def test_a_search_that_is_cut_short_says_so():
    """Where the search ended before all abstract states were visited, the reason says that there are more."""
    short = covering("shortest", states_max=2)
    assert [path.reached for path in short] == [True, True, False, False]
    assert "and there are more" in short[-1].against
    assert "which are all" in covering("shortest", ticks=[])[-1].against


def test_a_bad_payload_is_out_of_reach():
    """A command of which only refused samples are given reaches nothing, and the codes say why."""
    found = paths(LEAK, "shortest", payloads={**PAYLOADS, Find: [Find(severity=9)]})[0]
    assert found.against.startswith("not reached: against it stood severity-unknown (1)")


def test_a_command_without_samples_is_told_as_such():
    """A transition whose trigger has no sample is reported, not dropped."""
    found = covering("transitions", payloads={**PAYLOADS, Inspect: []})
    against = {path.name: path.against for path in found}["repaired-inspect-repaired"]
    assert against.startswith("not reached: nothing was tried that could reach it")


def test_impossible_is_left_out():
    """What is said to be impossible, and is, has no path."""
    assert TWICE_INSPECTED in [path.name for path in covering("pairs")]
    assert TWICE_INSPECTED not in [path.name for path in covering("pairs", impossible=[TWICE_INSPECTED])]


def test_impossible_and_reached_fails():
    """What is said to be impossible, and is not, fails with the program that gets there."""
    closed = covering("shortest", impossible=["closed"])[-1]
    with pytest.raises(NotReached, match=r"said to be impossible\n\ntrial = Trial"):
        closed.play()


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"impossible": ["flooded"]}, "impossible"),
        ({"payloads": {"drown": []}}, "payloads"),
        ({"payloads": {Find: [Close()]}}, "payloads of Find"),
        ({"payloads": {Find: Find(severity=1)}}, "payloads of Find"),
        ({"payloads": {Find: lambda _: [Close()]}}, "payloads of Find"),
        ({"payloads": {Find: st.just(Close())}}, "payloads of Find"),
        ({"actors": "ann"}, "actors"),
        ({"actors": []}, "actors"),
        ({"ticks": DRYING}, "ticks"),
        ({"ticks": [2]}, "ticks[0]"),
        ({"impossible": "closed"}, "impossible"),
        ({"cover": "everything"}, "cover"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_refused(options, place):
    """An unknown goal, command or cover is refused by name."""
    with pytest.raises(InvalidInput) as refused:
        paths(LEAK, **{"cover": "shortest", **options})
    assert refused.value.place == place


def test_payloads_are_derived():
    """Without payloads the samples are drawn from the types of the fields; a strategy draws them too."""
    drawn = paths(LEAK, "shortest", payloads={Find: {"severity": st.integers(1, 3)}}, ticks=[DRYING])
    assert [path.play().status for path in drawn] == list(LEAK.states)


def test_payloads_may_hang_on_the_standing():
    """A function is asked for samples of the standing that it is given."""
    asked = []

    def close(standing):
        asked.append((standing.status, standing.state.severity, len(standing.log)))
        return [Close()]

    covering("shortest", payloads={**PAYLOADS, Close: close})
    assert asked[0] == ("repaired", 1, 3)


def test_a_warning_is_covered_from_its_types():
    """The states of the shipped warning workflow are reached with samples that are drawn."""
    assert [path.play().status for path in paths(WARNING, "shortest")] == list(WARNING.states)


def test_a_wait_that_is_too_short():
    """Where no tick is as long as a guard asks, its code stands against the path."""
    closed = covering("shortest", ticks=[timedelta(minutes=1)])[-1]
    assert "still-wet" in closed.against


def test_how_often_time_was_moved_is_said():
    """Several ticks in a row lead to another abstract state only where the abstraction says so: a path tells that."""
    half = [DRYING / 2]
    closed = covering("shortest", ticks=half)[-1]
    assert "which are all" not in closed.against
    assert "all that the abstraction tells apart; time was moved by 1:00:00 from the first standing of each" in (
        closed.against
    )
    assert "give a longer tick, or an abstraction that tells times apart" in closed.against

    def by_hours(standing):
        since = standing.now - standing.log[-1].recorded_at if standing.log else timedelta(0)
        return standing.status, min(since, DRYING)

    assert covering("shortest", ticks=half, abstraction=by_hours)[-1].play().status == "closed"


def test_a_search_of_one_state_says_so():
    """Where not even the first command is taken, the beginning is all that was searched."""
    (found, *_) = covering("shortest", ticks=[], payloads={Find: []})
    assert found.against.endswith("1 abstract state was searched, and there is no other")


def test_the_lifecycle_of_an_incident_is_reached():
    """Each state of the shipped incident workflow is reached on a real engine."""
    found = paths(INCIDENT, "shortest", payloads=incident_samples(OUTLINE), abstraction=incident_lifecycle)
    assert [path.play().status for path in found] == list(INCIDENT.states)
