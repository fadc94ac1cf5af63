"""The whole machine: several people work on everything that an engine knows, under random plans, and drills are held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import attrs
from hypothesis import event as seen
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chronicle import Chronicle, Place, wrong_books
from drilling import answers
from engines import engine_on
from naive_rights import unlawful
from plan_commands import PEOPLE, Asker
from respond.audit.check import check
from respond.domain.events import Event
from respond.domain.references import Actor
from respond.domain.streams import StreamId, restricted
from respond.engine.accountability import Accountability
from respond.engine.definitions import SHIPPED, Workflows
from respond.engine.desk import Desk
from respond.engine.drill import DrillEngine
from respond.engine.engine import Engine
from respond.engine.watch import Watch
from respond.errors import CommandRefused, RespondError
from respond.plan.plan import Plan
from respond.projections.document import document
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock
from respond.workflow.approvals import Approve
from respond.workflow.definition import trigger_of
from respond.workflow.incident.commands import ReportIncident
from respond.workflow.incident.links import INVERSE
from whole_commands import Hand
from whole_plans import scenario_of, whole_plan
from workers import Barred

SEEDS = st.integers(0, 2**32 - 1)
DRILL = "spring"
INCIDENTS_MAX = 4
KEYS = {"pool": ("a", "b"), "plan": ("drawn", "further"), "accountability": ("q-1", "q-2")}
"""The keys of what is called by a name; others get new ones."""
FEW = ("one", "two", "three")
LEFT = "a refused command wrote something"
NO_CODE = "a refusal has no code"
STOCK = "the stock is wrong"
RIGHTS = "somebody spoke, paid or closed whom the plan does not let"
REAL = "a drill touched what is real"
REPLAYED = "replay is not what is live"
UNCLEAN = "check finds something"
AGAIN = "a command that was repeated caused something"
WORKFLOWS = Workflows(SHIPPED)


class Whole(RuleBasedStateMachine):
    """People work on everything, err, and repeat themselves; drills are held meanwhile, and time passes."""

    counts: ClassVar[Counter[tuple[str, str]]] = Counter()
    """How often each category of aggregate `accepted` or `refused` what was asked of it, in all lives together; and in
    how many lives each event was recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.barred: dict[tuple[str, str, str], Barred] = {}
        self.asked: list[Callable[[], Any]] = []
        self.ids = 0
        self.drilled = False

    def opened(self, plans: tuple[Plan, ...]) -> tuple[Engine, Accountability]:
        """Return what is worked with, on one empty log in memory."""
        store = MemoryEventStore(clock=self.clock)
        engine = engine_on(store, self.clock, plans=plans)
        apart = store.for_tenant(restricted(store.tenant))
        return engine, Accountability(apart, plans=plans, clock=self.clock, random=engine.random)

    # -- what happens --------------------------------------------------------------------------------------------------

    @initialize(plan=SEEDS, further=SEEDS, seed=SEEDS, steps=st.integers(20, 60))
    def begin(self, plan: int, further: int, seed: int, steps: int) -> None:
        """Open an engine with two plans, each drawn from a number, report an incident, and begin to work on it."""
        self.plans = (whole_plan(plan), whole_plan(further, "further"))
        self.engine, self.accountability = self.opened(self.plans)
        self.chronicle = Chronicle(self.engine.store, WORKFLOWS)
        self.watch = Watch(self.engine)
        for number in range(4):
            if not self.keys("incident"):
                self.report(seed + number)
        if self.keys("incident"):
            self.respond(seed, steps // 4)
            self.draw_on(seed, steps // 2, "party")
            self.draw_on(seed, steps // 3, "pool")
            self.respond(seed + 1, steps)

    @precondition(lambda self: len(self.keys("incident")) < INCIDENTS_MAX)
    @rule(seed=SEEDS)
    def report(self, seed: int) -> None:
        """Report an incident."""
        self._report(self.engine, seed)

    @rule(seed=SEEDS, steps=st.integers(1, 12))
    def respond(self, seed: int, steps: int) -> None:
        """Work on an incident, and speak of it."""
        for step in range(steps):
            self._respond(self.engine, f"{seed} {step}")

    @rule(seed=SEEDS, steps=st.integers(1, 6), category=st.sampled_from(["party", "party", "pool"]))
    def draw_on(self, seed: int, steps: int, category: str) -> None:
        """Care for a customer, or draw on a pool."""
        for step in range(steps):
            self._work(self.engine, category, f"{seed} {step}")

    @rule(
        seed=SEEDS,
        steps=st.integers(1, 5),
        category=st.sampled_from(["links", "action", "lesson", "plan", "warning", "accountability"]),
    )
    def follow_up(self, seed: int, steps: int, category: str) -> None:
        """Link incidents, follow them up, warn, keep a plan up, or hold somebody to account."""
        for step in range(steps):
            if category == "links":
                self._link(self.engine, f"{seed} {step}")
            else:
                self._work(self.engine, category, f"{seed} {step}")

    @rule(seed=SEEDS, steps=st.integers(1, 6))
    def drill(self, seed: int, steps: int) -> None:
        """Hold a drill: whatever is done in it, reality answers as before."""
        before = answers(self.engine)
        real = [row for row in self.chronicle.rows if row.realm == "real"]
        desk = self.engine.drill(DRILL)
        for step in range(steps):
            self._drill(desk, f"{seed} {step}")
        self.drilled = True
        assert [row for row in self.chronicle.rows if row.realm == "real"] == real, REAL
        assert answers(self.engine) == before, REAL

    @rule(minutes=st.sampled_from([1, 20, 90, 1500]))
    def wait(self, minutes: int) -> None:
        """Let time pass, and let a watcher look."""
        self.clock.move(minutes=minutes)
        self._attempt("watch", self.watch.round)

    @precondition(lambda self: self.asked)
    @rule(seed=SEEDS)
    def repeat(self, seed: int) -> None:
        """Send again what was carried out, with its id."""
        before = self.chronicle.read()
        answer = self.asked[seed % len(self.asked)]()
        assert answer.replayed, AGAIN
        assert self.chronicle.read() == before, AGAIN

    def teardown(self) -> None:
        """Fold all of it again, in another engine, and compare; look for what is wrong with the log."""
        if not hasattr(self, "engine"):
            return
        self.replayed()
        self.checked()
        for one in {event.type for history in self.chronicle.histories.values() for event in history}:
            seen(one)
            self.counts["events", one] += 1

    # -- what always holds ---------------------------------------------------------------------------------------------

    def _attempt(self, what: str, ask: Callable[[], Any]) -> RespondError | None:
        """Ask for something, and check what came of it; return the refusal."""
        before = self.chronicle.rows
        try:
            ask()
        except RespondError as error:
            assert self.chronicle.read() == before, LEFT
            codes = [one.code for one in error.refusals] if isinstance(error, CommandRefused) else [error.code]
            assert codes, NO_CODE
            assert all(one and one == one.strip().lower() for one in codes), NO_CODE
            self.counts[what, "refused"] += 1
            return error
        new = self.chronicle.follow()
        self.counts[what, "accepted" if new else "unchanged"] += 1
        for place, event in new:
            first = min(one.position for _, one in new if one.command_id == event.command_id)
            self._lawful(place, event, first)
        wrong = wrong_books(self.chronicle.books[place] for place, _ in new if place[1].category == "pool")
        assert wrong is None, f"{STOCK}: {wrong}"
        return None

    def _lawful(self, place: Place, event: Event, first: int) -> None:
        """Check that whoever spoke, paid or closed was let; *first* is the position of the command's first event."""
        tenant, stream = place
        history = self.chronicle.before(place, first)
        about = history
        if stream.category in ("party", "action"):
            prefix = f"{DRILL}/" if stream.realm == "drill" else ""
            incident = StreamId.of("incident", f"{prefix}{event.subject}", stream.realm)
            about = self.chronicle.before((tenant, incident), first)
        plan = self.engine.plans.in_force(about or (event,))
        wrong = list(unlawful(plan, WORKFLOWS[stream.category], history, event))
        assert not wrong, f"{RIGHTS}: {wrong}"

    def replayed(self) -> None:
        """Check that an engine that reads the log anew answers as the one that wrote it."""
        again = Engine(self.engine.store, plans=self.plans, clock=self.clock)
        assert self.engine.replay(check_leaves=True).failures == (), REPLAYED
        for stream, state in self.chronicle.real().items():
            assert again.state(stream.category, stream.key) == state, f"{REPLAYED}: {stream}"
            assert self.engine.state(stream.category, stream.key) == state, f"{REPLAYED}: {stream}"
        for incident in self.keys("incident"):
            assert document(again.review(incident)) == document(self.engine.review(incident)), REPLAYED
        assert answers(again) == answers(self.engine), REPLAYED
        for realm in ("real", "drill"):
            assert document(again.figures(realm=realm)) == document(self.engine.figures(realm=realm)), REPLAYED

    def checked(self) -> None:
        """Check that the log is sound: nothing is wrong with a row, and no step breaks a rule."""
        report = check(self.engine.store, plans=self.engine.plans, workflows=())
        assert report.findings == (), f"{UNCLEAN}: {report.findings}"
        assert report.deviations == {}, f"{UNCLEAN}: {report.deviations}"

    # -- helpers -------------------------------------------------------------------------------------------------------

    def keys(self, category: str, desk: Desk | None = None) -> list[str]:
        """Return the keys of what there is of *category*, in reality or in a drill."""
        if not hasattr(self, "chronicle"):
            return []
        realm = "drill" if isinstance(desk, DrillEngine) else "real"
        streams = [
            stream for _, stream in self.chronicle.states if (stream.category, stream.realm) == (category, realm)
        ]
        return [one.key.removeprefix(f"{DRILL}/") for one in streams]

    def _place(self, desk: Desk, category: str, key: str) -> Place:
        tenant = self.engine.store.tenant
        if isinstance(desk, DrillEngine):
            name = DRILL if category == "drill" else f"{DRILL}/{key}"
            return tenant, StreamId.of(category, name, "drill")
        return (restricted(tenant) if category == "accountability" else tenant), StreamId.of(category, key)

    def _hand(self, desk: Desk, category: str, key: str, seed: str) -> Hand:
        """Return who works on this aggregate."""
        place = self._place(desk, category, key)
        history, workflow = self.chronicle.histories.get(place, ()), WORKFLOWS[category]
        state = self.chronicle.states.get(place, workflow.initial)
        owner = self._goes_on(desk, getattr(state, "incident", None))
        about = self.chronicle.histories.get(self._place(desk, "incident", owner), ()) if owner else history
        plan = self.engine.plans.in_force(about) if about else self.plans[0]
        return Hand(
            f"{seed} {category} {key} {len(history)} {plan.reference.digest}",
            plan,
            history,
            state,
            workflow=workflow,
            incidents=self._open(desk) or self.keys("incident", desk),
            owner=owner,
            plans=self.plans,
            now=self.clock(),
        )

    def _open(self, desk: Desk) -> list[str]:
        """Return the incidents of which something may still be asked, those that wait for their review twice."""
        known = {one: self.chronicle.states[self._place(desk, "incident", one)] for one in self.keys("incident", desk)}
        return [
            one
            for one, state in known.items()
            for _ in range(2 if state.status == "resolved" else 1)
            if state.status not in ("cancelled", "merged", "reviewed")
        ]

    def _goes_on(self, desk: Desk, incident: str | None) -> str:
        """Return the incident that goes on for *incident*."""
        while incident is not None:
            state = self.chronicle.states.get(self._place(desk, "incident", incident))
            if state is None or state.merged_into is None:
                return incident
            incident = state.merged_into
        return ""

    def _circumstances(self, hand: Hand, command: Any) -> dict[str, Any]:
        self.ids += 1
        return {
            "actor": hand.actor(command),
            "at": self.clock() - timedelta(minutes=hand.one_of((5, 60))) if hand.chance(0.1) else None,
            "break_glass": "nobody else is here" if hand.chance(0.1) else "",
            "command_id": f"command {self.ids}",
        }

    def _ask(self, desk: Desk, category: str, key: str, hand: Hand, command: Any) -> None:
        """Send *command*, and keep what was refused and what was carried out."""
        told = self._circumstances(hand, command)
        realm = "drill" if isinstance(desk, DrillEngine) else "real"
        note(f"{realm} {category} {key}: {command} by {told['actor']}")

        def ask() -> Any:
            if category == "accountability":
                return self.accountability.execute(key, command, **told)
            return desk.execute(category, key, command, **told)

        written = len(self.chronicle.rows)
        error = self._attempt(category if realm == "real" else "drill", ask)
        if isinstance(error, CommandRefused):
            codes = frozenset(one.code for one in error.refusals)
            self.barred[realm, category, key] = Barred(trigger_of(type(command)), codes)
        elif error is None and len(self.chronicle.rows) > written:
            self.asked.append(ask)

    def _report(self, desk: Desk, seed: int | str) -> None:
        hand = self._hand(desk, "incident", "", f"{seed}")
        command = Asker(f"{seed}", self.plans[0], (), hand.state).command("report")
        told = {**attrs.asdict(command, recurse=False), "plan_reason": "drawn"}
        del told["passed_over"]
        plan = hand.one_of([one.name for one in self.plans])
        actor = hand.actor(command)
        self._attempt("incident", lambda: desk.report(**told, plan=plan, actor=actor))

    def _respond(self, desk: Desk, seed: str) -> None:
        known = self.keys("incident", desk)
        if not known:
            return
        chooser = self._hand(desk, "incident", known[0], seed)
        key = chooser.one_of(known)
        hand = self._hand(desk, "incident", key, seed)
        realm = "drill" if isinstance(desk, DrillEngine) else "real"
        barred = self.barred.pop((realm, "incident", key), None)
        if barred is not None and "approvals-missing" in barred.codes:
            command = Approve(command=barred.trigger)
        elif hand.chance(0.35):
            command = hand.word()
        else:
            command = hand.next(tuple(one.reference for one in self.engine.plans), barred)
        self._ask(desk, "incident", key, hand, command)

    def _work(self, desk: Desk, category: str, seed: str) -> None:
        known = self.keys(category, desk)
        names = KEYS.get(category, tuple(f"{category}-{one}" for one in FEW))
        fresh = [one for one in names if one not in known]
        chooser = self._hand(desk, category, names[0], seed)
        key = chooser.one_of(known if known and chooser.chance(0.8) else fresh or known)
        hand = self._hand(desk, category, key, seed)
        realm = "drill" if isinstance(desk, DrillEngine) else "real"
        self._ask(desk, category, key, hand, hand.any_command(self.barred.pop((realm, category, key), None)))

    def _link(self, desk: Desk, seed: str) -> None:
        known = self.keys("incident", desk)
        if not known:
            return
        hand = self._hand(desk, "incident", known[0], seed)
        one = hand.one_of(known)
        other = hand.one_of([key for key in known if key != one or hand.chance(0.1)] or known)
        part = ReportIncident(category=hand.plan.categories[0].id, title=hand.text())
        parts = [part] * hand.one_of((0, 1, 1, 2)) if len(known) < INCIDENTS_MAX else []
        kind, reason = hand.one_of((*INVERSE, "related", "cousin_of")), hand.text()
        who = {"actor": Actor(hand.one_of(PEOPLE), "clerk")}
        asks: tuple[Callable[[], Any], ...] = (
            lambda: desk.merge(one, other, reason=reason, **who),
            lambda: desk.undo_merge(one, reason=reason, **who),
            lambda: desk.relate(one, kind, other, reason=reason, **who),
            lambda: desk.unrelate(one, kind, other, reason=reason, **who),
            lambda: desk.split(one, parts, reason=reason, **who),
        )
        self._attempt("links", hand.one_of((asks[0], *asks)))

    def _drill(self, desk: DrillEngine, seed: str) -> None:
        """Take a step of the drill itself, or work in it."""
        hand = self._hand(desk, "drill", DRILL, seed)
        if hand.state.status == "started" and hand.chance(0.75):
            work = [lambda: self._respond(desk, seed), lambda: self._report(desk, seed)]
            work += [partial(self._work, desk, one, seed) for one in ("party", "pool", "action", "lesson", "warning")]
            work.append(lambda: self._link(desk, seed))
            hand.one_of((work[0], work[0], *work))()
            return
        who = {"actor": Actor(hand.person(), hand.one_of(("clerk", "director", None)))}
        text, person, plan = hand.text(), hand.person(), hand.one_of(self.plans)
        steps: dict[str, Callable[[], Any]] = {
            "plan_drill": lambda: desk.prepare(scenario_of(plan), **who),
            "invite": lambda: desk.invite("IT", note=text, **who),
            "record_participation": lambda: desk.record_participation("IT", person, plays="clerk", **who),
            "start_drill": lambda: desk.start(**who),
            "give_inject": lambda: desk.give(**who),
            "skip_inject": lambda: desk.skip("press", reason=text, **who),
            "end_drill": lambda: desk.end(note=text, **who),
            "evaluate_drill": lambda: desk.evaluate(text=text, **who),
            "score_person": lambda: desk.score_person(person, hand.random.randint(0, 101), **who),
            "record_drill_finding": lambda: desk.record_finding("f", text, **who),
            "cancel_drill": lambda: desk.cancel(reason=text, **who),
            "wait": lambda: desk.time.move(timedelta(minutes=hand.one_of((5, 60)))),
        }
        enabled = [one for one in steps if hand.workflow.table.candidates(hand.state.status, one)]
        rare = ("cancel_drill", "end_drill", "skip_inject")
        chosen = [one for one in enabled if one not in rare or hand.chance(0.2)]
        self._attempt("drill", steps[hand.one_of((*chosen, "wait") if hand.chance(0.95) else tuple(steps))])
