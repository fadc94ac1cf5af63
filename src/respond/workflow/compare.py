"""Compare two definitions: what became possible and what impossible, each with a shortest example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Literal

import attrs

from respond.errors import InvalidInput
from respond.plan.lint_names import instead_of
from respond.workflow.alternatives import Alternative, Alternatives, Point, told
from respond.workflow.comparison import Comparison, shown
from respond.workflow.definition import NEW, Guard, Transition
from respond.workflow.workflow import Workflow

Became = Literal["possible", "impossible", "easier", "harder", "different"]
"""What a change does to a step.

`possible`, `impossible`: the step, or the step with some values, is there now, or no longer.  `easier`, `harder`: a
guard that is code is asked no longer, or now too.  `different`: a guard says something else by its `rev`, another
transition comes first where both agree, or a state is final now, or no longer.
"""


@attrs.frozen(kw_only=True)
class Change:
    """One thing that two definitions hold otherwise."""

    became: Became
    text: str
    """A sentence for people."""
    path: tuple[str, ...] = ()
    """A shortest sequence of triggers from `new` that ends with the step; from the new definition, or from the old one
    for what became impossible."""
    values: Mapping[str, str] = attrs.field(factory=dict)
    """What the fields hold in the example, where comparisons decide."""


@attrs.frozen
class _Step:
    source: str
    trigger: str
    dest: str

    def __str__(self) -> str:
        return f"{self.trigger} from {self.source!r} to {self.dest!r}"


class _Seen:
    """A definition as a graph: its steps, and the shortest way to each state."""

    def __init__(self, workflow: Workflow, renamed: Mapping[str, str]) -> None:
        self.workflow = workflow
        self.finals = {renamed.get(state, state) for state in workflow.finals}
        self.states = {renamed.get(state, state) for state in workflow.states}
        self.steps: dict[_Step, list[Transition]] = {}
        for one in workflow.transitions:
            for source in one.sources:
                dest = one.dest or source
                step = _Step(renamed.get(source, source), one.trigger, renamed.get(dest, dest))
                self.steps.setdefault(step, []).append(one)
        self.paths = self._paths()

    def of(self, step: _Step) -> list[_Step]:
        """Return what the trigger of *step* may do from its source."""
        return [one for one in self.steps if (one.source, one.trigger) == (step.source, step.trigger)]

    def path(self, step: _Step) -> tuple[str, ...]:
        return (*self.paths[step.source], step.trigger)

    def _paths(self) -> dict[str, tuple[str, ...]]:
        """Return for each state a shortest path of triggers that leads there; guards are not asked."""
        found: dict[str, tuple[str, ...]] = {NEW: ()}
        waiting = [NEW]
        for state in waiting:
            for step in self.steps:
                if step.source == state and step.dest not in found:
                    found[step.dest] = (*found[state], step.trigger)
                    waiting.append(step.dest)
        return found


def compare(old: Workflow, new: Workflow, mapping: Mapping[str, str] | None = None) -> tuple[Change, ...]:
    """Return what *new* allows and *old* did not, and the reverse, in the order of their transitions.

    States go by their names; *mapping*, as for a migration, names new ones by old ones.  Guards are compared step by
    step: exactly where they are comparisons, else by code and `rev`.  Raises `InvalidInput` for a state in *mapping*
    that its definition does not have.
    """
    _refuse_unknown(mapping or {}, old, new)
    before, after = _Seen(old, mapping or {}), _Seen(new, {})
    return (
        *_steps(after, before, "possible"),
        *_steps(before, after, "impossible"),
        *(change for step in after.steps if step in before.steps for change in _guards(step, before, after)),
        *_finals(before, after),
    )


def _refuse_unknown(mapping: Mapping[str, str], old: Workflow, new: Workflow) -> None:
    for workflow, states in ((old, mapping.keys()), (new, mapping.values())):
        for state in states:
            if state not in workflow.states:
                hint = instead_of(str(state), workflow.states)
                raise InvalidInput(
                    f"{state!r} is no state of {workflow.reference}; {hint}", place="mapping", value=state
                )


def _steps(those: _Seen, others: _Seen, became: Literal["possible", "impossible"]) -> Iterator[Change]:
    for step in those.steps:
        if step not in others.steps:
            path = those.path(step)
            yield Change(became=became, text=f"{step} became {became}: {' > '.join(path)}", path=path)


def _guards(step: _Step, before: _Seen, after: _Seen) -> Iterator[Change]:
    """Yield what the guards of a step that both have say otherwise."""
    path = after.path(step)
    sides = _Sides(step, before, after)
    by_values = list(sides.values(path))
    yield from by_values
    yield from sides.order(path, told_lost=any(change.became == "impossible" for change in by_values))
    for was, now in zip(before.steps[step], after.steps[step], strict=False):
        yield from _codes(step, _asked(was, before), _asked(now, after), sides.decided, path)
    fewer, more = len(before.steps[step]), len(after.steps[step])
    if fewer != more and not sides.all_decided:
        became: Became = "easier" if fewer < more else "harder"
        text = f"{step} may be taken by {_ways(more)}, and by {_ways(fewer)} before: {' > '.join(path)}"
        yield Change(became=became, text=text, path=path)


def _ways(number: int) -> str:
    return "one transition" if number == 1 else f"{number} transitions"


def _codes(
    step: _Step, was: list[Guard], now: list[Guard], decided: set[Comparison], path: tuple[str, ...]
) -> Iterator[Change]:
    """Yield what became of the guards that are not decided by values."""
    old, new = ({guard.code: guard for guard in guards} for guards in (was, now))
    for guard in now:
        if guard.code not in old and guard.comparison not in decided:
            yield Change(became="harder", text=f"{step} asks {_named(guard)} now: {' > '.join(path)}", path=path)
    for guard in was:
        if guard.code not in new and guard.comparison not in decided:
            yield Change(became="easier", text=f"{step} asks {_named(guard)} no longer: {' > '.join(path)}", path=path)
    for guard in now:
        known = old.get(guard.code, guard)
        undecided = guard.comparison != known.comparison and not {guard.comparison, known.comparison} <= decided
        if guard.rev != known.rev or undecided:
            revs = f", rev {known.rev} to {guard.rev}" if guard.rev != known.rev else ""
            yield Change(
                became="different", text=f"{step}: the guard {_named(guard)} says something else{revs}", path=path
            )


def _asked(transition: Transition, seen: _Seen) -> list[Guard]:
    return [seen.workflow.guard_of[code] for code in transition.guards]


def _named(guard: Guard) -> str:
    return f"{guard.code!r} ({guard.rule})" if guard.rule else repr(guard.code)


class _Sides:
    """What a trigger may do from one state under both definitions, as alternatives of each other."""

    def __init__(self, step: _Step, before: _Seen, after: _Seen) -> None:
        self._step = step
        guards: dict[str, Guard] = {}
        transitions: list[Transition] = []
        counts = []
        for side, seen in (("old", before), ("new", after)):
            found = [(one, other.dest) for other in seen.of(step) for one in seen.steps[other]]
            found.sort(key=lambda pair: seen.workflow.transitions.index(pair[0]))
            for one, dest in found:
                asked = {_code(guard, side): guard for guard in _asked(one, seen)}
                guards |= asked
                transitions.append(Transition(step.trigger, step.source, dest, guards=asked))
            counts.append(len(found))
        workflow = after.workflow
        command = workflow.handler_for(step.trigger).command
        self._all = Alternatives(step.source, transitions, guards, command=command, state=type(workflow.initial))
        self._guards = guards
        self._old, self._new = self._all.all[: counts[0]], self._all.all[counts[0] :]
        self.decided = {comparison for one in self._all.all for comparison in one.comparisons}
        self.all_decided = not any(one.opaque for one in self._all.all)

    def values(self, path: tuple[str, ...]) -> Iterator[Change]:
        """Yield values with which one side takes the step for certain, and the other one does not."""
        ways: tuple[tuple[Became, tuple[Alternative, ...], tuple[Alternative, ...]], ...] = (
            ("possible", self._new, self._old),
            ("impossible", self._old, self._new),
        )
        for became, those, others in ways:
            for point in self._points(those, others):
                text = f"{self._step} with {told(point)} became {became}: {' > '.join(path)}"
                yield Change(became=became, text=text, path=path, values=_shown(point))
                break

    def order(self, path: tuple[str, ...], *, told_lost: bool) -> Iterator[Change]:
        """Yield that a transition to another state, which came after the step, comes before it now, and both can agree.

        What values decide is left out where it is *told_lost* already.
        """
        for first, last in combinations(self._old, 2):
            dest, other = first.transition.dest, last.transition.dest
            kept, ahead = self._now(first), self._now(last)
            if dest != self._step.dest or dest == other or kept is None or ahead is None:
                continue
            mine, theirs = self._codes(first), self._codes(ahead)
            by_values = told_lost and (mine <= theirs or theirs <= mine)
            if by_values or self._new.index(kept) < self._new.index(ahead):
                continue
            point = self._agreed(first, ahead)
            if point is not None:
                where = self._where(mine | theirs, point)
                text = f"{self._step} enters {other!r} now, which comes first where {where}: {' > '.join(path)}"
                yield Change(became="different", text=text, path=path, values=_shown(point))
                return

    def _now(self, old: Alternative) -> Alternative | None:
        """Return what became of *old*: of the transitions that make the same step, the one in its place."""
        dest = old.transition.dest
        was, now = ([one for one in those if one.transition.dest == dest] for those in (self._old, self._new))
        return dict(zip(was, now, strict=False)).get(old)

    def _agreed(self, old: Alternative, new: Alternative) -> Point | None:
        """Return values with which both agree and nothing before them does; guards that neither asks may disagree."""
        codes = self._codes(old) | self._codes(new)
        before = (*self._old[: self._old.index(old)], *self._new[: self._new.index(new)])
        return self._all.point(
            (*old.comparisons, *new.comparisons), [one for one in before if self._codes(one) <= codes]
        )

    def _codes(self, one: Alternative) -> frozenset[str]:
        return frozenset(self._guards[code].code for code in one.opaque)

    def _where(self, codes: frozenset[str], point: Point) -> str:
        named = dict(sorted((guard.code, _named(guard)) for guard in self._guards.values() if guard.code in codes))
        agreeing = [f"{' and '.join(named.values())} agree{'' if len(named) > 1 else 's'}"] if named else []
        return " with ".join([*agreeing, *([told(point)] if point else [])])

    def _points(self, those: tuple[Alternative, ...], others: tuple[Alternative, ...]) -> Iterator[Point]:
        """Yield values with which the first of *those* that agrees makes the step, and of *others* none or another.

        What guards that are code say is not known: they may let an alternative be taken or not.
        """
        dest = self._step.dest
        for index, one in enumerate(those):
            if one.transition.dest != dest:
                continue
            earlier = those[:index]
            here = self._all.point(one.comparisons, (*earlier, *(two for two in others if two.transition.dest == dest)))
            if here is not None:
                yield here
            for place, other in enumerate(others):
                if other.transition.dest != dest and other.opaque <= one.opaque:
                    must = (*one.comparisons, *other.comparisons)
                    elsewhere = self._all.point(must, (*earlier, *others[:place]))
                    if elsewhere is not None:
                        yield elsewhere


def _shown(point: Point) -> Mapping[str, str]:
    return {name: shown(one) for name, one in point.items()}


def _code(guard: Guard, side: str) -> str:
    """Return a code that tells the guards of both sides apart, but for code that is the same by its rev."""
    return f"{side} {guard.code}" if guard.comparison else f"{guard.code} rev {guard.rev}"


def _finals(before: _Seen, after: _Seen) -> Iterator[Change]:
    for state in sorted((before.finals ^ after.finals) & before.states & after.states):
        verdict = "is final now" if state in after.finals else "is final no longer"
        yield Change(became="different", text=f"the state {state!r} {verdict}", path=after.paths[state])
