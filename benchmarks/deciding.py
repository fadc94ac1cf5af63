"""Row 6: one decision in memory, and how much of it is the machine's."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

from harness import ROUNDS, Figure

from respond import Plan
from respond.domain.references import Actor
from respond.workflow.decider import decide
from respond.workflow.definition import Situation, trigger_of
from respond.workflow.incident import INCIDENT
from respond.workflow.incident.commands import ChangeLevel, Note
from respond.workflow.incident.state import Incident

DECISIONS = 5_000
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STATE = Incident(id="i", status="responding", category="other", title="t", level=3, worst_level=3)
COMMANDS: tuple[Any, ...] = (Note(text="The vendor was called"), ChangeLevel(level=2, justification="it spreads"))


def figure() -> Figure:
    """Return microseconds for a decision, half of them notes, half changes of the level."""
    plan, actor = Plan.example(), Actor("wang.li")
    situations = [
        Situation(state=STATE, command=command, plan=plan, actor=actor, at=NOW, now=NOW) for command in COMMANDS
    ]
    correct = [type(payload).__name__ for one in situations for payload in decide(INCIDENT, one)] == [
        "ProgressNoted",
        "LevelChanged",
    ]
    whole, machine, guards = [], [], []
    for _ in range(ROUNDS):
        whole.append(_microseconds(lambda one: decide(INCIDENT, one), situations))
        machine.append(_microseconds(lambda one: INCIDENT.machine.dest(trigger_of(type(one.command)), one), situations))
        guards.append(_microseconds(_ask_guards, situations))
    library = median(machine) - median(guards)
    return Figure(
        name="decide one command in memory",
        value=median(whole),
        unit="µs",
        bar=25,
        least=False,
        peer=f"of it transitions {library:.1f} µs ({library / median(whole):.0%}), the guards {median(guards):.1f} µs",
        spread=f"[{min(whole):.1f} .. {max(whole):.1f}] in {ROUNDS} rounds",
        correct=correct,
    )


def _ask_guards(situation: Situation) -> None:
    """Ask the guards of the one transition that applies, as the machine does."""
    for transition in INCIDENT.table.candidates(situation.state.status, trigger_of(type(situation.command))):
        for code in transition.guards:
            INCIDENT.guard_of[code].check(situation)


def _microseconds(work: Any, situations: list[Situation]) -> float:
    started = perf_counter()
    for _ in range(DECISIONS // len(situations)):
        for situation in situations:
            work(situation)
    return (perf_counter() - started) / DECISIONS * 1e6
