"""Versions of a workflow: which one decides, and how an aggregate goes over to another."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from engines import REPORTED, engine_on
from lamp import GOOD, Dropped, Flip, Install, Lamp, keep, made
from outline import OUTLINE
from respond.audit.check import check
from respond.engine.definitions import Workflows
from respond.errors import CommandRefused, InvalidWorkflow, WorkflowNotFound
from respond.plan.authority import AuthorityRule
from respond.store.memory import MemoryEventStore
from respond.testing import ManualClock, Trial
from respond.workflow.definition import NEW, Transition
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c
from respond.workflow.migration import DefinitionMigrated, MigrateDefinition
from respond.workflow.versions import Versions

FIRST = made()
LIT = made(
    version=2,
    states=("off", "lit", "broken"),
    transitions=(
        Transition("install", NEW, "off"),
        Transition("flip", "off", "lit"),
        Transition("flip", "lit", "broken"),
    ),
    guards=(),
)
"""The second version: what was on is called lit, and a lamp that is lit breaks when it is switched."""
OVER = MigrateDefinition(version="2", reason="lamps break sooner", mapping={"on": "lit"})
CLOCK = ManualClock()
"""A time that stands still."""
ASKED: dict[str, Any] = {"actor": "wang.li"}


@pytest.fixture
def store():
    """Return an empty log in memory."""
    return MemoryEventStore(clock=CLOCK)


def engine(store, *workflows, **options):
    """Return an engine on *store* that knows these workflows; each one begins with ids of its own."""
    return engine_on(store, CLOCK, seed=store.head().position, workflows=workflows, **options)


def lamp_on(store, key="1"):
    """Record a lamp that is on under the first version."""
    first = engine(store, FIRST)
    first.execute("lamp", key, Install())
    first.execute("lamp", key, Flip())


def codes(refused):
    """Return the codes of a refusal."""
    return [one.code for one in refused.value.refusals]


class TestRegistration:
    """Which definitions may stand beside each other."""

    def test_one_name_and_version_has_one_content(self):
        """The same version with another content is refused, with both digests; with the same content it is one."""
        other = made(finals=())
        with pytest.raises(InvalidWorkflow) as caught:
            Workflows([FIRST, other])
        assert f"called lamp@1 (digests {FIRST.reference.digest[:12]} and {other.reference.digest[:12]})" in str(
            caught.value
        )
        assert [one.reference for one in Versions([FIRST, made()])] == [FIRST.reference]

    def test_a_raised_version_is_accepted(self):
        """The control: the same change under a new version."""
        assert [str(one.reference) for one in Versions([LIT, FIRST])] == ["lamp@1", "lamp@2"]
        assert Workflows([LIT, FIRST])["lamp"] is Workflows([FIRST, LIT])["lamp"] is LIT

    def test_another_class_of_state_is_refused(self):
        """All versions fold into one class: the newest folds every stream."""

        @attrs.frozen(kw_only=True, slots=False)
        class Other(Lamp):
            """Another state."""

        with pytest.raises(InvalidWorkflow, match="lamp@1 and lamp@2 fold into Lamp and Other; let both fold"):
            Versions([FIRST, made(version=2, initial=Other())])

    def test_an_event_that_the_newest_cannot_fold_is_refused(self):
        """The newest has an evolver for every event that an older one records."""
        older = made(evolvers={**GOOD["evolvers"], Dropped: keep})
        with pytest.raises(InvalidWorkflow, match="lamp@2 cannot fold Dropped of lamp@1; keep its evolvers there"):
            Versions([older, LIT])


class TestDeciding:
    """The version that an aggregate names decides for it."""

    def test_an_aggregate_goes_on_under_its_version(self, store):
        """A lamp of the first version is switched off by its rules, a new one begins under the newest."""
        lamp_on(store)
        both = engine(store, LIT, FIRST)
        both.execute("lamp", "1", Flip())
        assert both.state("lamp", "1").status == "off"
        for command in (Install(), Flip(), Flip()):
            both.execute("lamp", "2", command)
        assert both.state("lamp", "2").status == "broken"
        assert [{str(event.definition) for event in both.events("lamp", key)} for key in "12"] == [
            {"lamp@1"},
            {"lamp@2"},
        ]

    def test_explain_asks_the_same_version(self, store):
        """What explain says is what would be decided."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        assert [one.dest for one in both.explain("lamp", "1", "flip").candidates] == ["off"]
        assert both.explain("lamp", "new-one", "flip").enabled_in == ("off", "lit")

    def test_a_version_that_is_not_registered_leaves_it_to_the_newest(self, store):
        """Whoever keeps no old definitions goes on under the new one, and its events say so."""
        lamp_on(store)
        later = engine(store, made(version=2))
        later.execute("lamp", "1", Flip())
        assert [str(event.definition) for event in later.events("lamp", "1")] == ["lamp@1", "lamp@1", "lamp@2"]

    def test_a_changed_definition_under_the_old_version_is_refused(self, store):
        """What the log names is held against what is registered: no command is decided by rules that were swapped."""
        lamp_on(store)
        before = store.head()
        swapped = engine(store, made(finals=()))
        with pytest.raises(InvalidWorkflow) as caught:
            swapped.execute("lamp", "1", Flip())
        text = f"name lamp@1 with digest {FIRST.reference.digest[:12]}, and the one that is registered has"
        assert text in str(caught.value)
        with pytest.raises(InvalidWorkflow):
            swapped.explain("lamp", "1", "flip")
        assert store.head() == before
        assert swapped.state("lamp", "1").status == "on"  # it is read all the same
        assert swapped.replay().failures == ()

    def test_a_command_is_repeated_under_the_version_that_decided_it(self, store):
        """The same command id finds the same outcome, whatever version is the newest by then."""
        lamp_on(store)
        first = engine(store, FIRST).execute("lamp", "1", Flip(), command_id="c-1")
        again = engine(store, FIRST, LIT).execute("lamp", "1", Flip(), command_id="c-1")
        assert (again.events, again.replayed) == (first.events, True)


class TestMigration:
    """An aggregate goes on under another version."""

    def test_what_is_recorded(self, store):
        """The event names both definitions, the whole mapping, the state on either side, the actor and the reason."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        both.execute("lamp", "1", OVER, **ASKED)
        event = both.events("lamp", "1")[-1]
        assert event.data == DefinitionMigrated(
            from_="on",
            to="lit",
            previous=FIRST.reference,
            definition=LIT.reference,
            mapping={"off": "off", "on": "lit", "broken": "broken"},
            reason="lamps break sooner",
        )
        assert (event.actor, event.definition) == ("wang.li", LIT.reference)

    def test_the_new_version_decides_from_then_on(self, store):
        """After the migration the rules of the new version count, and the fold knows where it stands."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        both.execute("lamp", "1", OVER, **ASKED)
        assert both.state("lamp", "1").status == "lit"
        both.execute("lamp", "1", Flip())
        assert both.state("lamp", "1").status == "broken"

    def test_it_is_undone_by_another_migration(self, store):
        """An aggregate may go back to the old version."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        both.execute("lamp", "1", OVER, **ASKED)
        back = MigrateDefinition(version="1", reason="not yet", mapping={"lit": "on"})
        both.execute("lamp", "1", back, **ASKED)
        both.execute("lamp", "1", Flip())
        assert both.state("lamp", "1").status == "off"

    def test_once_is_enough(self, store):
        """A migration to the version that decides already causes nothing."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        both.execute("lamp", "1", OVER, **ASKED)
        assert both.execute("lamp", "1", OVER, **ASKED).events == ()
        assert both.explain("lamp", "1", "migrate_definition", OVER, actor="wang.li").done

    @pytest.mark.parametrize(
        ("changes", "asked", "expected"),
        [
            ({"mapping": {}}, ASKED, ["mapping-incomplete"]),
            ({"mapping": {"on": "bright"}}, ASKED, ["mapping-incomplete"]),
            ({"mapping": {"on": "lit", "dim": "off"}}, ASKED, ["mapping-unknown"]),
            ({"reason": " "}, ASKED, ["reason-missing"]),
            ({"version": "3"}, ASKED, ["definition-unknown"]),
            ({}, {}, ["actor-missing"]),
            ({"reason": "", "mapping": {"dim": "x"}}, {}, [
                "actor-missing", "reason-missing", "mapping-incomplete", "mapping-unknown"
            ]),
        ],
    )  # fmt: skip
    def test_it_is_refused_with_every_reason(self, store, changes, asked, expected):
        """The mapping is total and lands on known states; explain says the same, and nothing is written."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        command = attrs.evolve(OVER, **changes)
        with pytest.raises(CommandRefused) as refused:
            both.execute("lamp", "1", command, **asked)
        assert codes(refused) == expected
        explained = both.explain("lamp", "1", "migrate_definition", command, **asked)
        assert explained.refusals == refused.value.refusals
        assert len(both.events("lamp", "1")) == 2

    def test_every_state_of_the_old_version_is_mapped(self, store):
        """A mapping that fits the state it stands in, and no other one, is not total: it may serve all aggregates."""
        engine(store, FIRST).execute("lamp", "1", Install())
        with pytest.raises(CommandRefused, match=r"lamp@2 has no such state: 'on' -> 'on'; map each of them"):
            engine(store, FIRST, LIT).execute("lamp", "1", attrs.evolve(OVER, mapping={}), **ASKED)

    def test_what_has_no_events_cannot_migrate(self, store):
        """A new aggregate begins under the newest version anyway."""
        with pytest.raises(CommandRefused, match="not in new"):
            engine(store, FIRST, LIT).execute("lamp", "1", OVER, **ASKED)

    def test_a_plan_with_rules_asks_for_authority(self, store):
        """Deny by default: a rule must name migrate_definition, or every command."""
        rules = (
            AuthorityRule(id="switch", commands=("install", "flip"), roles=("anyone",)),
            AuthorityRule(id="rules", commands=("migrate_definition",), roles=("commander",)),
        )
        plan = attrs.evolve(OUTLINE, version="9", authority=rules)
        engine(store, FIRST, plans=[plan]).execute("lamp", "2", Install())
        both = engine(store, FIRST, LIT, plans=[plan])
        with pytest.raises(CommandRefused) as refused:
            both.execute("lamp", "2", OVER, actor="wang.li", role="runner")
        assert codes(refused) == ["not-authorised"]
        both.execute("lamp", "2", OVER, actor="wang.li", role="commander")
        assert both.events("lamp", "2")[-1].body["authority"] == {"rule": "rules"}

    def test_audits_judge_each_step_by_its_version(self, store):
        """Replay and check find nothing wrong: the old steps by the old rules, the new ones by the new."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        both.execute("lamp", "1", Flip())
        both.execute("lamp", "1", Flip())
        both.execute("lamp", "1", OVER, **ASKED)
        both.execute("lamp", "1", Flip())
        totals = both.replay()
        assert (totals.findings, totals.failures, totals.aggregates) == ((), (), {"lamp": {"broken": 1}})
        report = check(store, workflows=[FIRST, LIT])
        assert (report.findings, report.deviations) == ((), {})

    def test_without_the_old_version_its_steps_are_findings(self, store):
        """The control: by the new rules alone the old steps are none, and the log folds all the same."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        both.execute("lamp", "1", OVER, **ASKED)
        later = engine(store, LIT)
        assert later.replay().findings_by_code == {"foreign-state": 1}
        assert later.state("lamp", "1").status == "lit"
        assert check(store, workflows=[LIT]).deviations == {"foreign-state": (2,)}

    def test_a_step_that_reality_took_from_elsewhere_is_found(self, store):
        """A migration that does not begin where the stream stood is talked about like any other step."""
        lamp_on(store)
        both = engine(store, FIRST, LIT)
        event = both.events("lamp", "1")[-1]
        wrong = event._replace(
            data=DefinitionMigrated(
                from_="off", to="lit", definition=LIT.reference, mapping={"off": "lit"}, reason="slip"
            ),
            body={**event.body, "type": "DefinitionMigrated"},
        )
        assert [one.code for one in [FIRST.table.verify("on", wrong)] if one] == ["from-mismatch"]

    def test_the_timeline_tells_it(self, store):
        """A migration of an incident is an entry like any other, and the list shows the state that it enters."""
        incident = engine(store).report(**REPORTED)
        later = engine(store, attrs.evolve(INCIDENT, version=99))
        over = MigrateDefinition(version="99", reason="new rules", mapping={"reported": "assessed"})
        later.execute("incident", incident.id, over, **ASKED)
        assert [one.type for one in later.reader.timeline(incident.id).entries][-1] == "DefinitionMigrated"
        assert [row.state for row in later.incidents().rows] == ["assessed"]
        assert later.statistics().states == {"assessed": 1}
        later.execute("incident", incident.id, c.AssignLevel(level=3, basis="small"))
        assert later.replay().findings == ()
        assert check(store, workflows=[attrs.evolve(INCIDENT, version=99)]).findings == ()


def test_a_workflow_knows_the_command_and_no_definition_has_it():
    """Every workflow takes a migration, and no digest, table or page changes for it."""
    assert FIRST.handler_for("migrate_definition").command is MigrateDefinition
    assert "migrate_definition" not in FIRST.triggers
    with pytest.raises(WorkflowNotFound, match="'migrate' is not a command"):
        FIRST.handler_for("migrate")


def test_a_command_that_the_newest_dropped_is_decided_by_the_old_version(store):
    """What only an older version knows can still be asked of the aggregates that go on under it, and of no others."""
    lamp_on(store)
    steps = (Transition("install", NEW, "off"), Transition("install", "off", "broken"))
    mute = made(version=2, states=("off", "broken"), transitions=steps, guards=(), handlers=GOOD["handlers"][:1])
    both = engine(store, FIRST, mute)
    both.execute("lamp", "1", Flip())
    assert both.state("lamp", "1").status == "off"
    both.execute("lamp", "2", Install())
    with pytest.raises(WorkflowNotFound, match="Flip is not a command of lamp@2"):
        both.execute("lamp", "2", Flip())


def test_a_trial_explains_a_migration_as_it_is_decided():
    """The kit knows the version that it tries: a migration to it was made already, to another one is refused."""
    trial = Trial(FIRST)
    trial.send(Install())
    here, away = (MigrateDefinition(version=version, reason="why") for version in ("1", "2"))
    assert trial.explain("migrate_definition", here, **ASKED).done
    assert trial.send(here, **ASKED) == ()
    with pytest.raises(CommandRefused) as refused:
        trial.send(away, **ASKED)
    assert trial.explain("migrate_definition", away, **ASKED).refusals == refused.value.refusals
