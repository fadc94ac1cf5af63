"""Commands at random: a strategy for each command of a workflow, derived from its class and overridden by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import attrs
from hypothesis import HealthCheck, Phase, currently_in_test_context, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from respond.errors import InvalidInput
from respond.plan.lint_names import instead_of
from respond.plan.plan import Plan
from respond.testing.derived import Deriver, Underivable, refusing
from respond.testing.options import by_trigger, command_in
from respond.testing.trial import Trial
from respond.workflow.definition import trigger_of
from respond.workflow.workflow import Workflow

Strategy = st.SearchStrategy[Any]
Chosen = Strategy | Callable[[Trial], Strategy]
"""What draws a value; a function is asked anew for each command, and told how the trial stands."""
Overrides = Mapping[str | type, Chosen | Mapping[str, Chosen]]
"""By trigger or command class, what draws the whole command, or what draws some of its fields."""

SAMPLES = 12
"""How many values stand for a strategy where every one of them is tried."""


def commands_of(
    workflow: Workflow, plan: Plan | None = None, overrides: Overrides | None = None, *, trial: Trial | None = None
) -> dict[type, Strategy]:
    """Return for each command class of *workflow* what draws its commands.

    Fields are derived from their types and their attrs validators; text fields that are called like a section of the
    plan (`category`, `role`, `obligation`) draw what *plan* has there, beside other text.  *trial* is what functions
    among the *overrides* are told; a new one when it is None.  Raises `InvalidInput` that names the command and the
    field when a type cannot be derived, when an override names no command or no field, and when a command class
    refuses whatever is drawn.
    """
    payloads = Payloads(workflow, plan, overrides)
    told = trial or Trial(workflow, plan=plan)
    return {handler.command: payloads.of(trigger_of(handler.command), told) for handler in workflow.handlers}


class Payloads:
    """The strategies of a workflow's commands, each made when it is first asked for."""

    def __init__(self, workflow: Workflow, plan: Plan | None = None, overrides: Overrides | None = None) -> None:
        """Raise `InvalidInput` when an override names no command or no field."""
        self.workflow = workflow
        self.plan = Plan.example() if plan is None else plan
        self._overrides = by_trigger(workflow, overrides)
        for trigger, chosen in self._overrides.items():
            _refuse_unknown_fields(workflow.handler_for(trigger).command, chosen)
        self._known: dict[str, Strategy] = {}
        self._samples: dict[str, tuple[Any, ...]] = {}

    def of(self, trigger: str, trial: Trial) -> Strategy:
        """Return what draws commands for *trigger* where *trial* stands; raises `InvalidInput`."""
        if trigger not in self._known:
            made = self._made(trigger, trial)
            if self.moves(trigger):
                return made
            self._known[trigger] = made
        return self._known[trigger]

    def samples_of(self, trigger: str, trial: Trial) -> tuple[Any, ...]:
        """Return the commands that stand for all that could be drawn for *trigger* where *trial* stands."""
        if self.moves(trigger):
            return samples(self.of(trigger, trial))
        if trigger not in self._samples:
            self._samples[trigger] = samples(self.of(trigger, trial))
        return self._samples[trigger]

    def known_samples(self, trigger: str) -> tuple[Any, ...]:
        """Return the samples that hang on no trial; none for a command that does."""
        return () if self.moves(trigger) else self.samples_of(trigger, Trial(self.workflow, plan=self.plan))

    def check(self) -> None:
        """Make every strategy that hangs on no trial; raises `InvalidInput`."""
        new = Trial(self.workflow, plan=self.plan)
        for trigger in self.workflow.triggers:
            if not self.moves(trigger):
                self.of(trigger, new)

    def moves(self, trigger: str) -> bool:
        """Return whether what is drawn for *trigger* hangs on how the trial stands."""
        chosen = self._overrides.get(trigger)
        parts = chosen.values() if isinstance(chosen, Mapping) else (chosen,)
        return any(_asks(one) for one in parts)

    def _made(self, trigger: str, trial: Trial) -> Strategy:
        kind = self.workflow.handler_for(trigger).command
        chosen = self._overrides.get(trigger, {})
        if not isinstance(chosen, Mapping):
            place = f"payloads of {kind.__name__}"
            return _answered(chosen, trial, place).map(lambda command: command_in(place, command, kind))
        fields = {name: _answered(one, trial, f"payloads of {kind.__name__}.{name}") for name, one in chosen.items()}
        try:
            made = self._deriver.built(kind, fields)
        except Underivable as error:
            field = error.place.rpartition(".")[2]
            raise Underivable(
                f'{error}; say what draws it: payloads={{"{trigger}": {{"{field}": st.just(...)}}}}',
                value=error.value,
            ) from error
        if refusing(kind) and not samples(made, 1):
            raise InvalidInput(
                f'refuses whatever is drawn; say what draws it: payloads={{"{trigger}": {{"field": st.just(...)}}}}',
                place=kind.__name__,
            )
        return made

    @cached_property
    def _deriver(self) -> Deriver:
        return Deriver(_named(self.workflow, self.plan))


def samples(strategy: Strategy, count: int = SAMPLES) -> tuple[Any, ...]:
    """Return up to *count* different values of *strategy*, the simplest first: the same ones in every run."""
    found: dict[str, Any] = {}

    def collect() -> None:
        @settings(
            max_examples=4 * count,
            database=None,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def take(value: Any) -> None:
            if len(found) < count:
                found.setdefault(repr(value), value)

        take()

    try:
        if currently_in_test_context():  # Hypothesis lets no test run within another one of the same thread
            with ThreadPoolExecutor(1) as alone:
                alone.submit(collect).result()
        else:
            collect()
    except Unsatisfiable:
        return ()
    return tuple(found.values())


def _named(workflow: Workflow, plan: Plan) -> dict[str, Sequence[Any]]:
    """Return what fields of certain names may hold that means something."""
    ids = {
        name: [part.id for part in getattr(plan, section)]
        for name, section in (
            ("category", "categories"),
            ("facets", "facets"),
            ("obligation", "obligations"),
            ("response", "response_levels"),
            ("role", "roles"),
            ("recipient", "audiences"),
            ("risk", "risks"),
            ("tell", "roles"),
        )
    }
    return {
        **ids,
        "level": [level.number for level in plan.levels],
        "command": list(workflow.triggers),
        "plan": [plan.reference],
    }


def _refuse_unknown_fields(kind: type, chosen: object) -> None:
    known = [field.name for field in attrs.fields(kind)]
    for name in chosen if isinstance(chosen, Mapping) else ():
        if name not in known:
            hint = instead_of(str(name), known) if known else "it has none"
            raise InvalidInput(f"{name!r} is no field of {kind.__name__}; {hint}", place="payloads", value=name)
    parts = chosen.values() if isinstance(chosen, Mapping) else (chosen,)
    for part in parts:
        if not isinstance(part, st.SearchStrategy) and not _asks(part):
            raise InvalidInput(
                f"{part!r} draws nothing; give a strategy of Hypothesis, or a function from a trial to one",
                place=f"payloads of {kind.__name__}",
                value=part,
            )


def _asks(chosen: object) -> bool:
    return callable(chosen) and not isinstance(chosen, st.SearchStrategy)


def _answered(chosen: Chosen, trial: Trial, place: str) -> Strategy:
    """Return the strategy that is *chosen*, or that a function answers; raises `InvalidInput` when it is none."""
    made = chosen if isinstance(chosen, st.SearchStrategy) else chosen(trial)
    if not isinstance(made, st.SearchStrategy):
        text = f"the function answers {made!r}, which draws nothing; return a strategy, such as st.just({made!r})"
        raise InvalidInput(text, place=place, value=made)
    return made
