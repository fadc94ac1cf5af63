from __future__ import annotations

from typing import Any

import attrs
import pytest

from lamp import GOOD, Dropped, Flip, Install, Lamp, Switched, keep, made, moved, switch
from play import PLAN, START, Play, incident_in
from respond.domain.events import event_type
from respond.errors import CommandRefused, InvalidWorkflow, Refusal, WorkflowNotFound
from respond.workflow.decider import Candidate, Explanation, Verdict, decide, explain
from respond.workflow.definition import NEW, Guard, Handler, Situation, Transition, command_type, guard
from respond.workflow.diagram import guard_table, mermaid, state_table
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import events as e
from respond.workflow.migration import GUARDS, MIGRATE, MigrateDefinition
from respond.workflow.table import FOREIGN_STATE, FROM_MISMATCH, NOT_ENABLED


def situation(status: str, command: object = None) -> Situation:
    """Return a lamp at *status*, and what is asked of it."""
    return Situation(state=Lamp(status=status), command=command, plan=PLAN, at=START, now=START)


DARK = made(guards=(Guard("power", lambda _: "there is no power"),))
"""The lamp without power: a flip breaks it instead of switching it on."""


def test_the_first_step_whose_guards_agree_is_taken():
    """Candidates are tried in the order in which they were declared."""
    assert decide(made(), situation("off", Flip())) == (Switched(from_="off", to="on"),)
    assert decide(DARK, situation("off", Flip())) == (Switched(from_="off", to="broken"),)


def test_explain_shows_every_candidate():
    """explain lists what the command could do, with each guard's verdict, also of the step that is not taken."""
    explanation = explain(DARK, "flip", situation("off", Flip()))
    assert [(one.source, one.dest, one.allowed) for one in explanation.candidates] == [
        ("off", "on", False),
        ("off", "broken", True),
    ]
    assert explanation.candidates[0].verdicts[0].text == "there is no power"
    assert explanation.allowed
    assert explanation.refusals == ()
    assert explanation.enabled_in == ("off", "on")


def test_a_refusal_names_the_step_that_each_reason_bars():
    """When every candidate is barred, each reason says which step it bars."""
    steps = (*GOOD["transitions"][:3], Transition("flip", "off", "broken", guards=("fuse",)))
    guards = (Guard("power", lambda _: "there is no power"), Guard("fuse", lambda _: "the fuse holds"))
    with pytest.raises(CommandRefused) as caught:
        decide(made(transitions=steps, guards=guards), situation("off", Flip()))
    assert [(one.code, one.transition) for one in caught.value.refusals] == [
        ("power", "off -> on"),
        ("fuse", "off -> broken"),
    ]


def test_a_guard_that_reads_the_command_is_left_open_without_one():
    """Others are asked all the same; nobody is asked for authority yet."""
    steps = (*GOOD["transitions"][:3], Transition("flip", "off", "broken", guards=("fuse",)))
    guards = (Guard("power", lambda _: "no power"), Guard("fuse", lambda _: "the fuse holds", reads="state"))
    explanation = explain(made(transitions=steps, guards=guards), "flip", situation("off"))
    assert [one.verdicts for one in explanation.candidates] == [
        (Verdict("power", None, "depends on what the command says"),),
        (Verdict("fuse", False, "the fuse holds"),),
    ]
    assert [one.allowed for one in explanation.candidates] == [True, False]
    assert (explanation.allowed, explanation.done, explanation.denied, explanation.refusals) == (True, False, (), ())


def test_who_may_not_is_told_that_alone():
    """What bars one step is no reason where another one is open."""
    barred = Candidate("off", "on", (Verdict("power", False, "no power"), Verdict("fuse", True)))
    denied = (Refusal("not-yours", "ask the owner"),)
    told = {"trigger": "flip", "state": "off", "done": False, "enabled_in": ("off",), "denied": denied}
    assert Explanation(**told, candidates=(barred, Candidate("off", "broken", ()))).refusals == denied
    assert Explanation(**told, candidates=(barred,)).refusals == (
        *denied,
        Refusal("power", "no power", "off -> on"),
    )
    assert Explanation(**{**told, "done": True}, candidates=(barred,)).refusals == ()


def test_a_migration_is_explained_like_any_command():
    """It is open wherever there is something, and its rules are told one by one."""
    newer = made(version=2)
    assert explain(newer, MIGRATE, situation(NEW)).candidates == ()
    there = explain(newer, MIGRATE, situation("off"))
    assert (there.trigger, there.state, there.done, there.enabled_in) == (MIGRATE, "off", False, newer.states)
    assert [(one.source, one.dest, len(one.verdicts)) for one in there.candidates] == [("off", "off", len(GUARDS))]
    asked = attrs.evolve(situation("off", MigrateDefinition(version="2", reason="new")), versions={"2": newer})
    told = explain(newer, MIGRATE, asked)
    assert (told.done, [one.code for one in told.refusals]) == (False, ["actor-missing"])
    with pytest.raises(CommandRefused, match="actor-missing"):
        decide(newer, asked)


def test_the_table_knows_steps_that_stay_and_steps_that_lead_on():
    """A step is that of its event, from where it begins to where it leads."""
    table = made(transitions=(*GOOD["transitions"], Transition("flip", "broken", None))).table
    assert table.allows("Switched", "broken", "broken")
    assert table.allows("Switched", "off", "on")
    assert not table.allows("Switched", "broken", "on")
    assert not table.allows("Switched", "off", "off")


def test_an_unknown_command_is_named():
    """A trigger and a command that the workflow does not have are refused by name."""
    with pytest.raises(WorkflowNotFound, match="'dim' is not a command of lamp@1; the commands are install, flip"):
        explain(made(), "dim", situation("off"))
    with pytest.raises(WorkflowNotFound, match="Flip is not a command of incident@5"):
        decide(INCIDENT, situation("off", Flip()))


def test_a_command_class_of_the_same_trigger_is_not_taken_for_another():
    """The class decides, not its trigger: a look-alike is refused."""
    look_alike = attrs.make_class("Flip", [])
    look_alike.__respond_trigger__ = "flip"
    with pytest.raises(WorkflowNotFound, match="Flip is not a command of lamp@1"):
        made().handler(look_alike())


def test_a_handler_may_yield_what_it_lists_only():
    """An event that a handler does not declare is a fault of the definition, and nothing is recorded."""
    handlers = (GOOD["handlers"][0], Handler(command=Flip, decide=lambda _: [Dropped()], emits=(Switched,)))
    workflow = made(handlers=handlers, evolvers={Switched: moved, Dropped: keep})
    with pytest.raises(InvalidWorkflow, match="flip yields Dropped, which its handler does not list in emits"):
        decide(workflow, situation("on", Flip()))


def test_a_state_that_the_workflow_does_not_have_enables_nothing():
    """An aggregate that reality led elsewhere refuses its commands, with the states in which they are open."""
    with pytest.raises(CommandRefused, match="flip is enabled in off, on, not in melted"):
        decide(made(), situation("melted", Flip()))


def test_a_guard_may_be_declared_by_decorator():
    """`guard` keeps the code, the revision, what it reads, and the check's first line as its rule."""

    @guard("power", rev=2, reads="state")
    def powered(_: Situation) -> str | None:
        """Require power.

        From the mains or a battery.
        """
        return None

    assert (powered.code, powered.rev, powered.reads, powered.rule) == ("power", 2, "state", "Require power.")
    assert Guard("power", lambda _: None).rule == ""


def test_the_machine_is_made_once_and_holds_no_state():
    """One machine serves every decision: the same question gets the same answer, in any order."""
    workflow = made()
    assert workflow.machine is workflow.machine
    answers = [workflow.machine.dest("flip", situation(status, Flip())) for status in ("off", "on", "off", "broken")]
    assert answers == ["on", "off", "on", None]


@command_type("to__status_broken")
@attrs.frozen(kw_only=True)
class Break:
    """Is called as `transitions` calls the triggers that it makes by itself."""


def test_a_trigger_has_the_steps_that_were_declared_and_no_others():
    """What a library adds by itself for a trigger of this name leads nowhere."""
    workflow = made(
        transitions=(*GOOD["transitions"], Transition("to__status_broken", "on", "broken")),
        handlers=(*GOOD["handlers"], Handler(command=Break, decide=switch, emits=(Switched,))),
    )
    assert workflow.machine.dest("to__status_broken", situation("on", Break())) == "broken"
    assert workflow.machine.dest("to__status_broken", situation("off", Break())) is None


# -- verifying ---------------------------------------------------------------------------------------------------------


def recorded(play: Play, payload: object) -> Any:
    """Return *payload* as an event, recorded after what *play* holds."""
    return play.record(payload).history[-1]


@pytest.mark.parametrize(
    ("status", "payload", "code", "text"),
    [
        (
            "assessed",
            e.IncidentResolved(from_="responding", to="resolved"),
            FROM_MISMATCH,
            "IncidentResolved begins at 'responding', the stream stood at 'assessed'",
        ),
        (
            "responding",
            e.StepRecorded(from_="responding", to="vendor", step="Vendor"),
            FOREIGN_STATE,
            "StepRecorded enters 'vendor', which is not a state of the workflow",
        ),
        (
            "assessed",
            e.IncidentResolved(from_="assessed", to="resolved"),
            NOT_ENABLED,
            "IncidentResolved from 'assessed' to 'resolved'",
        ),
        (
            "reported",
            e.StepRecorded(from_="reported", to="resolved", step="Fixed"),
            NOT_ENABLED,
            "StepRecorded from 'reported' to 'resolved'",
        ),
    ],
)
def test_a_step_against_the_rules_is_a_finding(status, payload, code, text):
    """A recorded step that the workflow would not make yields a finding with its position, and folds all the same."""
    event = recorded(incident_in("reported"), payload)
    finding = INCIDENT.table.verify(status, event)
    assert (finding.code, finding.text, finding.position) == (code, text, 2)
    assert (finding.source, finding.dest) == (payload.from_, payload.to)


@pytest.mark.parametrize(
    ("status", "payload"),
    [
        ("responding", e.IncidentResolved(from_="responding", to="resolved")),
        ("responding", e.StepRecorded(from_="responding", to="resolved", step="Fixed")),
        ("responding", e.StepRecorded(from_="responding", to="responding", step="Waiting")),
        ("anywhere", e.ProgressNoted(text="x")),
    ],
)
def test_a_step_within_the_rules_is_none(status, payload):
    """A step that some command makes, a foreign step along it or in place, and a fact are no findings."""
    assert INCIDENT.table.verify(status, recorded(incident_in("reported"), payload)) is None


@event_type()
@attrs.frozen(kw_only=True)
class Handed:
    """A fact of a user's own, with a field that happens to be called `to`."""

    to: str


def test_a_field_called_to_makes_no_step():
    """Only an event that tells where it began and where it leads is a step."""
    workflow = made(evolvers={Switched: moved, Handed: keep})
    event = recorded(Play(workflow), Handed(to="Paris"))
    assert workflow.table.verify(NEW, event) is None


# -- the digest --------------------------------------------------------------------------------------------------------

BASE = made().reference.digest
STEPS = GOOD["transitions"]
CHANGED = {
    "name": {"name": "lantern"},
    "version": {"version": 2},
    "category": {"category": "lantern"},
    "states": {"states": ("on", "off", "broken")},
    "finals": {"finals": ()},
    "order of steps": {"transitions": (STEPS[0], STEPS[2], STEPS[1], STEPS[3])},
    "a source": {"transitions": (Transition("install", (NEW, "on"), "off"), *STEPS[1:])},
    "a dest": {"transitions": (*STEPS[:2], Transition("flip", "on", "broken"), STEPS[3])},
    "guards of a step": {"transitions": (*STEPS[:2], Transition("flip", "on", "off", guards=("power",)), STEPS[3])},
    "reopens": {"transitions": (*STEPS[:3], Transition("flip", "off", "broken", reopens=True))},
    "a guard's rev": {"guards": (Guard("power", lambda _: None, rev=2),)},
    "an event": {"evolvers": {Switched: moved, Dropped: keep}},
}


@pytest.mark.parametrize("changes", CHANGED.values(), ids=CHANGED)
def test_the_digest_changes_with_the_definition(changes):
    """Whatever a definition declares is in its digest."""
    assert made(**changes).reference.digest != BASE


@event_type(schema_version=2, name="Switched")
@attrs.frozen(kw_only=True)
class NewerSwitched:
    """The same event, with its fields changed once."""

    from_: str
    to: str


def test_the_digest_changes_with_a_schema_version():
    """An event at a new schema version makes another definition."""
    handlers = tuple(attrs.evolve(handler, emits=(NewerSwitched,)) for handler in GOOD["handlers"])
    newer = made(handlers=handlers, evolvers={NewerSwitched: moved}, upcasters={("Switched", 1): dict})
    assert (newer.to_json()["events"], made().to_json()["events"]) == ({"Switched": 2}, {"Switched": 1})
    assert newer.reference.digest != BASE


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"guards": (Guard("power", lambda _: "other code"),)},
        {"evolvers": {Switched: keep}},
        {"handlers": (GOOD["handlers"][0], Handler(command=Flip, decide=lambda s: switch(s), emits=(Switched,)))},  # noqa: PLW0108
    ],
)
def test_the_digest_does_not_depend_on_code(changes):
    """Code is told apart by rev and schema version, so that the digest is the same on every machine."""
    assert made(**changes).reference.digest == BASE


def test_the_digest_of_the_incident_is_pinned():
    """Logs name the incident's definition by this digest: a change of the definition is a new version of it."""
    assert str(INCIDENT.reference) == "incident@5"
    assert INCIDENT.reference.digest == "5f4bce3aeacfae7b7ffea5ad193ff67c6e227f3468da08e4dfdf034b5fa2231c"


# -- drawing -----------------------------------------------------------------------------------------------------------


def test_a_table_shows_every_outcome():
    """A command with several steps from one state shows each state that it may enter."""
    assert state_table(made()) == (
        "| state | install | flip |\n"
        "| --- | --- | --- |\n"
        "| **new** | off | refused |\n"
        "| **off** | refused | on or broken |\n"
        "| **on** | refused | off |\n"
        "| **broken** | refused | refused |\n"
    )


def test_guards_are_listed_by_step():
    """A step without guards has a row too."""
    assert guard_table(made()) == (
        "| command | from | guard | rule | reads |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| install | new |  |  |  |\n"
        "| flip | off | `power` |  | command |\n"
        "| flip | on |  |  |  |\n"
        "| flip | off |  |  |  |\n"
    )


def test_a_diagram_joins_the_commands_of_one_arrow():
    """Steps that stay are left out; commands between the same two states share an arrow."""
    steps = (*STEPS, Transition("install", "off", "on"), Transition("install", "on", None))
    assert mermaid(made(transitions=steps)) == (
        "stateDiagram-v2\n"
        "    [*] --> off: install\n"
        "    off --> on: flip, install\n"
        "    on --> off: flip\n"
        "    off --> broken: flip\n"
        "    broken --> [*]\n"
    )


def test_a_lamp_plays():
    """A workflow of one's own goes through the same doors as the incident."""
    play = Play(made()).do(Install(), Flip(), Flip())
    assert [event.data.to for event in play.history] == ["off", "on", "off"]
    assert made().table.sources("install") == (NEW,)
