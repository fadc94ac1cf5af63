"""Action items: every state and command, who may do what, their dates, and what the incident's review tells of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from engines import engine_on, responding
from play import PLAN, START, Play
from respond.domain.references import Actor
from respond.domain.values import replace
from respond.engine.engine import Engine
from respond.errors import CommandRefused, InvalidInput, NotFound
from respond.integrations.reminders import reminders
from respond.plan.follow_up import FollowUp
from respond.plan.organisation import Role
from respond.plan.owed import verdict
from respond.plan.spans import Span
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.workflow.action import ACTION
from respond.workflow.action import commands as c
from respond.workflow.approvals import Approve
from respond.workflow.definition import TEXT_MAX
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.actions import RecordActionStep
from respond.workflow.incident.followed import Followed

OF = {"incident": "i-1"}
DUE = START + timedelta(days=30)
LATER = DUE + timedelta(days=5)
OPEN = c.OpenAction(**OF, kind="prevent", text="Buy a second power supply", owner="li.na", due_at=DUE)
OWNER, OTHER = Actor("li.na"), Actor("chen.yu")
DROP = c.DropAction(**OF, reason="the shop closes")
DONE = c.CompleteAction(**OF, evidence="Invoice 7")
BY_OWNER = (c.AcceptAction(**OF), c.RefuseAction(**OF, reason="no budget"))
ROUTES: dict[str, tuple[tuple[object, Actor], ...]] = {
    "new": (),
    "opened": ((OPEN, OTHER),),
    "accepted": ((OPEN, OTHER), (BY_OWNER[0], OWNER)),
    "refused": ((OPEN, OTHER), (BY_OWNER[1], OWNER)),
    "done": ((OPEN, OTHER), (DONE, OWNER)),
    "verified": ((OPEN, OTHER), (DONE, OWNER), (c.VerifyAction(**OF, method="test"), OTHER)),
    "dropped": ((OPEN, OTHER), (DROP, OTHER)),
}
COMMANDS: dict[str, Any] = {
    "open_action": attrs.evolve(OPEN, text="Another"),
    "accept_action": BY_OWNER[0],
    "refuse_action": c.RefuseAction(**OF, reason="not my trade"),
    "assign_action": c.AssignAction(**OF, owner="wu.bo", reason="she left"),
    "reschedule_action": c.RescheduleAction(**OF, due_at=LATER, reason="delivery"),
    "complete_action": c.CompleteAction(**OF, evidence="Photo 3"),
    "verify_action": c.VerifyAction(**OF, method="inspection"),
    "reopen_action": c.ReopenAction(**OF, reason="it failed again", due_at=LATER),
    "drop_action": c.DropAction(**OF, reason="no use"),
}
# Written by hand: - is refused, = stays, + is done already.
EXPECTED = """
command            new     opened    accepted  refused   done      verified  dropped
open_action        opened  -         -         -         -         -         -
accept_action      -       accepted  +         accepted  -         -         -
refuse_action      -       refused   refused   -         -         -         -
assign_action      -       =         opened    opened    -         -         -
reschedule_action  -       =         =         =         -         -         -
complete_action    -       done      done      -         -         -         -
verify_action      -       -         -         -         verified  -         -
reopen_action      -       -         -         -         accepted  accepted  accepted
drop_action        -       dropped   dropped   dropped   -         -         -
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]


def item_in(state: str) -> Play:
    """Return an action item that stands at *state*."""
    play = Play(ACTION, key="a-1")
    for command, actor in ROUTES[state]:
        play.do(command, actor=actor)
    assert play.state.status == state
    return play


class TestTable:
    """Which step is open from where."""

    @pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
    def test_every_cell(self, row):
        """Each command in each state enters the state that the table names, or is refused."""
        actor = OWNER if row[0] in {"accept_action", "refuse_action"} else OTHER
        for state, cell in zip(HEAD[1:], row[1:], strict=True):
            play, command = item_in(state), COMMANDS[row[0]]
            if cell == "-":
                with pytest.raises(CommandRefused):
                    play.decide(command, actor)
            elif cell == "+":
                assert play.decide(command, actor) == ()
            else:
                play.do(command, actor=actor)
                assert play.state.status == (state if cell == "=" else cell)
                last = play.decide(command, actor)
                assert last == (), f"{row[0]} from {state} a second time"

    def test_what_is_reopened_is_not_done(self):
        """Nothing says any more when it was done, nor how and by whom that was verified."""
        item = item_in("verified").do(COMMANDS["reopen_action"], actor=OTHER).state
        assert (item.reopened, item.done_at, item.method, item.verified_by) == (1, None, "", None)


class TestGuards:
    """What each step asks."""

    @pytest.mark.parametrize(
        ("state", "command", "actor", "codes"),
        [
            ("new", attrs.evolve(OPEN, kind="hope"), OTHER, ["kind-unknown"]),
            ("new", attrs.evolve(OPEN, text=" ", owner=""), OTHER, ["action-undescribed", "owner-missing"]),
            ("new", attrs.evolve(OPEN, due_at=START), OTHER, ["due-not-ahead"]),
            ("new", attrs.evolve(OPEN, text="长" * (TEXT_MAX // 3 + 1)), OTHER, ["text-too-long"]),
            ("opened", BY_OWNER[0], OTHER, ["not-the-owner"]),
            ("opened", BY_OWNER[0], None, ["not-the-owner"]),
            ("opened", attrs.evolve(BY_OWNER[1], reason=""), OTHER, ["reason-missing", "not-the-owner"]),
            ("opened", attrs.evolve(DONE, evidence=" "), OTHER, ["evidence-missing"]),
            ("done", COMMANDS["verify_action"], OWNER, ["same-person"]),
            ("done", COMMANDS["verify_action"], Actor("wu.bo", on_behalf_of="li.na"), ["same-person"]),
            ("done", attrs.evolve(COMMANDS["verify_action"], method=""), None, ["method-missing", "same-person"]),
            ("done", attrs.evolve(COMMANDS["reopen_action"], due_at=START), OTHER, ["due-not-ahead"]),
            ("accepted", DROP, OWNER, ["same-person"]),
        ],
    )
    def test_refusals(self, state, command, actor, codes):
        """Each with every reason against it."""
        with pytest.raises(CommandRefused) as caught:
            item_in(state).decide(command, actor)
        assert [one.code for one in caught.value.refusals] == codes

    def test_who_did_it_for_the_owner_does_not_verify_it(self):
        """Four eyes: the one who told that it was done is out, too; a role that owns it is filled by anybody in it."""
        play = Play(ACTION, key="a-1").do(attrs.evolve(OPEN, owner="responder"), actor=OTHER)
        play.do(c.AcceptAction(**OF), DONE, actor=Actor("wu.bo", role="responder"))
        with pytest.raises(CommandRefused):
            play.decide(COMMANDS["verify_action"], Actor("wu.bo"))
        play.do(COMMANDS["verify_action"], actor=OTHER)
        assert (play.state.status, play.state.verified_by) == ("verified", "chen.yu")

    def test_an_approval_is_refused_where_no_rule_asks_for_one(self):
        """The control: approving stands in every state, and asks the plan."""
        with pytest.raises(CommandRefused, match="approval-unneeded"):
            item_in("opened").decide(Approve(command="drop_action"), OTHER)


# -- in an engine ------------------------------------------------------------------------------------------------------

FOLLOWING = attrs.evolve(
    PLAN,
    name="following",
    roles=(Role(id="commander", title="Commander"), Role(id="auditor", title="Auditor")),
    follow_up=FollowUp(near=Span(3, "day"), tell=("auditor",)),
)


@pytest.fixture
def engine() -> Engine:
    """An engine whose plan says who follows action items up."""
    clock = ManualClock()
    return engine_on(MemoryEventStore(clock=clock), clock, plans=(FOLLOWING,))


@pytest.fixture
def incident(engine):
    """An incident that is resolved."""
    incident = responding(engine)
    incident.resolve("new terminals")
    return incident


def opened(incident: Any, key: str = "a-1", *, days: int = 30, **told: Any) -> Any:
    """Return an action item of *incident* that is due in so many *days*."""
    due_at = incident.engine.clock() + timedelta(days=days)
    wanted = {"kind": "prevent", "owner": "li.na", "due_at": due_at, "action": key, "actor": "chen.yu", **told}
    return incident.open_action("Buy a second power supply", **wanted)


def dates(incident: Any, key: str = "a-1") -> list[str]:
    """Return what became of each date of an action item."""
    now = incident.engine.clock()
    return [verdict(one, now) for one in incident.obligations() if one.obligation == f"action:{key}"]


def raised(engine: Engine) -> list[tuple[str, tuple[str, ...]]]:
    """Return what watchers raised: of what, and to whom."""
    return [(one.data.obligation, one.data.tell) for one in engine.reader.log() if one.type == "ObligationRaised"]


class TestDates:
    """By when it is to be done."""

    @pytest.mark.parametrize(("days", "said"), [(29, "near_miss"), (20, "met"), (31, "late")])
    def test_done(self, engine, incident, days, said):
        """In time, shortly before, or late; before that it is open, near or missing."""
        item = opened(incident)
        assert dates(incident) == ["open"]
        engine.clock.move(days=days)
        item.complete_action("Invoice 7", actor="li.na")
        assert dates(incident) == [said]

    def test_a_date_that_is_moved_in_time_is_another_one(self, engine, incident):
        """Moved before it came, nothing was missed; moved afterwards, it was late and the new one begins."""
        item = opened(incident)
        engine.clock.move(days=10)
        item.reschedule_action(engine.clock() + timedelta(days=30), reason="delivery", actor="chen.yu")
        assert dates(incident) == ["open"]
        engine.clock.move(days=25)
        assert dates(incident) == ["open"]
        engine.clock.move(days=6)
        assert dates(incident) == ["missing"]
        item.reschedule_action(engine.clock() + timedelta(days=5), reason="strike", actor="chen.yu")
        assert dates(incident) == ["late", "open"]
        engine.clock.move(days=1)
        item.complete_action("Invoice 7", actor="li.na")
        assert dates(incident) == ["late", "met"]
        assert item.state().moved == 2

    def test_failed_verification_begins_a_new_date_and_dropping_ends_it(self, engine, incident):
        """What was done in time was; the next date counts from the failure."""
        item = opened(incident)
        engine.clock.move(days=1)
        item.complete_action("Invoice 7", actor="li.na")
        item.reopen_action("it does not fit", due_at=engine.clock() + timedelta(days=9), actor="chen.yu")
        engine.clock.move(days=10)
        assert dates(incident) == ["met", "missing"]
        item.drop_action("the shop closes", actor="chen.yu")
        assert dates(incident) == ["met", "waived"]

    def test_a_refused_one_is_owed_all_the_same(self, engine, incident):
        """Whoever it is assigned to has the same date."""
        item = opened(incident)
        item.refuse_action("no budget", actor="li.na")
        item.assign_action("wu.bo", reason="he has", actor="chen.yu")
        item.accept_action(actor="wu.bo")
        engine.clock.move(days=31)
        assert dates(incident) == ["missing"]
        assert item.state().refusals == (("li.na", "no budget"),)

    def test_the_watch_reminds_the_owner_and_tells_others_when_it_is_missed(self, engine, incident):
        """Three days ahead the owner, by id; at the date the auditor too, though the review was closed."""
        opened(incident)
        incident.close_review("done")
        engine.clock.move(days=26)
        assert engine.watch().round().raised == 0
        engine.clock.move(days=2)
        [due] = engine.watch().due().due
        assert (due.obligation.titled("zh"), due.verdict) == ("落实改进事项 a-1", "near")
        engine.watch().round()
        engine.clock.move(days=3)
        engine.watch().round()
        assert engine.watch().round().raised == 0
        assert raised(engine) == [("action:a-1", ("owner",)), ("action:a-1", ("owner", "auditor"))]
        rows = [row for row in engine.store.read_all(after=0) if row.type == "ObligationRaised"]
        assert [one.audience for row in rows for one in reminders(engine, row)] == ["li.na", "li.na", "auditor"]

    def test_what_is_done_is_raised_no_more(self, engine, incident):
        """The control."""
        opened(incident).complete_action("Invoice 7", actor="li.na")
        engine.clock.move(days=60)
        assert engine.watch().round().raised == 0
        assert raised(engine) == []

    def test_it_cannot_be_waived_or_fulfilled(self, incident):
        """It is dropped, or done, in its own stream."""
        opened(incident)
        for ask, code in ((incident.waive, "obligation-not-waivable"), (incident.fulfil, "obligation-not-fulfillable")):
            with pytest.raises(CommandRefused, match=code):
                ask("action:a-1", **({"reason": "x"} if ask == incident.waive else {}))


class TestIncident:
    """The item and its incident know each other."""

    def test_both_ends_know_each_other(self, engine, incident):
        """In one step; the timeline and the review of the incident tell of it."""
        resolved_at = engine.clock()
        engine.clock.move(hours=1)
        item = opened(incident, because=("finding-1",))
        assert {stream.name for stream in item.outcome.versions} == {"action-a-1", f"incident-{incident.id}"}
        assert (item.incident(), tuple(incident.actions())) == (incident.id, ("a-1",))
        item.complete_action("Invoice 7", actor="li.na")
        item.verify_action("inspection", note="it hums", actor="chen.yu")
        told = [entry.text for entry in incident.timeline().entries if entry.stream == "action-a-1"]
        assert told[0].endswith("to prevent it: Buy a second power supply")
        assert told[1:] == ["Action item done: Invoice 7", "Action item verified by inspection: it hums"]
        [reviewed] = incident.review().actions
        assert (reviewed.standing.status, reviewed.standing.verified_by) == ("verified", "chen.yu")
        assert (reviewed.in_time, len(reviewed.citations)) == ("met", 3)
        assert "action_items" not in [blank.name for blank in incident.review().blanks]
        assert incident.review(known_at=resolved_at).actions == incident.review(as_of=resolved_at).actions == ()

    def test_it_is_opened_from_the_review_only(self, engine):
        """Not before the incident is resolved; what was opened goes on when it is reopened."""
        incident = responding(engine)
        with pytest.raises(CommandRefused, match="incident-unresolved"):
            opened(incident)
        incident.resolve("new terminals")
        item = opened(incident)
        incident.reopen("again")
        item.complete_action("Invoice 7", actor="li.na")
        with pytest.raises(CommandRefused, match="action-unknown"):
            incident.action("a-9").accept_action(actor="li.na")
        with pytest.raises(NotFound):
            engine.action("a-9")

    def test_it_goes_over_with_a_merge(self, engine, incident):
        """The survivor owes it, and the handle works on."""
        item, other = opened(incident), responding(engine)
        incident.merge_into(other, reason="the same")
        assert (item.incident(), set(other.actions())) == (other.id, {"a-1"})
        assert (dates(incident), dates(other)) == (["dropped"], ["open"])
        item.complete_action("Invoice 7", actor="li.na")
        assert dates(other) == ["met"]

    def test_nobody_records_a_step_alone(self, incident):
        """The incident is told of an action item only beside what happened to it."""
        with pytest.raises(InvalidInput, match="only in one step"):
            incident.execute(RecordActionStep(action="a-1", step="opened", owner="li.na"))

    def test_asking_twice_is_asking_once(self, engine, incident):
        """The same command causes nothing, in neither stream; a naive date is refused by name."""
        item = opened(incident, command_id="c-1")
        before = len(tuple(engine.reader.log()))
        opened(incident, command_id="c-1")
        item.complete_action("Invoice 7", actor="li.na")
        item.complete_action("Invoice 7", actor="li.na")
        assert len(tuple(engine.reader.log())) == before + 2
        with pytest.raises(InvalidInput, match="no time zone"):
            opened(incident, "a-2", due_at=(engine.clock() + timedelta(days=1)).replace(tzinfo=None))

    def test_the_list(self, engine, incident):
        """The first due first; by owner, kind, what is undone and what is overdue."""
        opened(incident, "a-1", days=9)
        opened(incident, "a-2", days=3, kind="detect", owner="wu.bo")
        opened(incident, "a-3", days=5).complete_action("done", actor="li.na")
        engine.clock.move(days=4)

        def keys(**filters: Any) -> list[str]:
            return [one.key for one in engine.actions(**filters)]

        assert keys() == ["a-2", "a-3", "a-1"]
        assert keys(undone=True) == ["a-2", "a-1"]
        assert keys(overdue=True) == keys(owner="wu.bo") == keys(kind="detect") == ["a-2"]
        assert keys(owner="li.na", undone=True) == ["a-1"]


def test_a_step_may_be_said_when_none_is_left():
    """An action item whose steps were taken back takes the next one."""
    play = Play()
    state = replace(play.state, actions={"a": Followed(action="a")})
    situation = attrs.evolve(play.situation(RecordActionStep(action="a", step="started")), state=state)
    assert not INCIDENT.handler_of["record_action_step"].done(situation)
