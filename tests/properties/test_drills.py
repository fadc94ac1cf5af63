"""Whatever a drill does, reality answers as before, byte for byte."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from drilling import SCENARIO, TRAINER, answers, engine_for_drills, started
from respond.engine.desk import Desk
from respond.engine.engine import Engine
from respond.errors import CommandRefused, InvalidInput
from strategies import COMMANDS, PEOPLE

STEPS = st.one_of(
    st.sampled_from([name for name in COMMANDS if name not in {"report", "merge", "absorb"}]).flatmap(
        lambda name: st.tuples(st.just("incident"), COMMANDS[name])
    ),
    st.tuples(st.sampled_from(["commit", "use", "give_back"]), st.integers(1, 5)),
    st.tuples(st.sampled_from(["register", "give", "split", "end", "evaluate", "wait"]), st.none()),
)
WHO = st.sampled_from(PEOPLE)
ROLE = "commander"


def everyday() -> Engine:
    """Return an engine on which real people have worked: an incident, a customer, a pool, a warning."""
    engine = engine_for_drills()
    who = {"actor": "chen.yu", "role": ROLE}
    incident = engine.report(category="facility_failure", title="Card terminals down", actor="wang.li")
    incident.assess(affected_customers=300, **who)
    incident.assign_level(2, basis="seen", **who)
    incident.register_affected("c-1", actor="chen.yu", role=ROLE)
    engine.pool("generators").open(**who)
    engine.pool("generators").commit(incident.id, 1, **who)
    engine.clock.move(hours=3)
    return engine


def carry_out(drill: Any, step: str, what: Any, who: str) -> None:
    """Do something in the drill; what is refused is refused."""
    circumstances = {"actor": who, "role": ROLE}
    incident = drill.played()
    pool = drill.pool("generators")
    match step:
        case "incident":
            incident.execute(what, **circumstances)
        case "commit" | "use" | "give_back":
            getattr(pool, step)(incident.id, what, **circumstances)
        case "register":
            incident.register_affected("c-1", **circumstances)
        case "split":
            incident.split([], reason="x", **circumstances)
        case "wait":
            drill.time.move(timedelta(hours=1))
        case _:
            getattr(drill, step)(**circumstances)


def held(engine: Engine, steps: list[tuple[tuple[str, Any], str]]) -> int:
    """Hold a drill and do *steps* in it; return how many were carried out."""
    drill = started(engine)
    drill.give(**TRAINER)
    done = 0
    for (step, what), who in steps:
        try:
            carry_out(drill, step, what, who)
        except (CommandRefused, InvalidInput):
            continue
        done += 1
    return done


@settings(max_examples=12)
@given(st.lists(st.tuples(STEPS, WHO), max_size=10))
def test_reality_answers_as_before(steps):
    """No command of a drill, carried out or refused, changes anything that is real, in this engine or in a new one."""
    engine = everyday()
    before = answers(engine)
    held(engine, steps)
    assert answers(engine) == before
    again = Engine(engine.store, plans=engine.plans, clock=engine.clock)
    assert answers(again) == before


def test_reality_changes_them():
    """The control: the same report, made in reality, changes what is answered; and steps of a drill are carried out."""
    engine = everyday()
    before = answers(engine)
    assert held(engine, [(("give", None), "chen.yu"), (("commit", 1), "chen.yu")]) == 2
    assert answers(engine) == before
    engine.report(**SCENARIO.injects[0].data, actor="li.na")
    after = answers(engine)
    assert [one == other for one, other in zip(before, after, strict=True)].count(True) <= 3
    assert isinstance(engine, Desk)
