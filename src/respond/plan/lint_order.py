"""Lint: obligations against the order that the workflow allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from respond.plan.finding import Finding, found
from respond.plan.flow import Flow
from respond.plan.lint_names import instead_of
from respond.plan.obligations import Act, Fact, Obligation
from respond.plan.plan import Plan

_COMMANDS: Mapping[Act, tuple[str, ...]] = {
    "fill_roles": ("assign_role", "hand_over_role", "take_command"),
    "note_progress": ("note",),
    "start_measure": ("start_measure", "skip_measure"),
    "tell_audience": ("publish_statement", "notify", "report_upward"),
    **dict.fromkeys(("contact_party", "apologise", "settle", "visit"), ("record_case_step",)),
    **dict.fromkeys(("open_action", "complete_action"), ("record_action_step",)),
}
"""The commands that tell of an act, where they are called otherwise."""
_STARTS: Mapping[Fact, str] = {
    "occurred": "report",
    "discovered": "report",
    "told": "report",
    "aware": "report",
    "classified": "report",
    "assessed": "assess",
    "level_assigned": "assign_level",
    "response_started": "start_response",
    "previous_report": "report_upward",
    "response_ended": "resolve",
    "reopened": "reopen",
    "case_opened": "record_case_step",
    "action_opened": "record_action_step",
}
_LEVELLED = "assign_level"


def order(plan: Plan, flow: Flow) -> Iterator[Finding]:
    """Yield obligations that cannot be met, gates without effect, and commands and states that there are not."""
    by_id = {obligation.id: obligation for obligation in plan.all_obligations}
    meetable = []
    for index, obligation in enumerate(plan.obligations):
        place = f"obligations[{index}]"
        yield from _unknown(obligation, place, flow)
        if not set(commands_of(obligation)) & set(flow.commands):
            continue
        own = sorted(set(obligation.before) & set(commands_of(obligation)))
        if own:
            yield found(
                "obligation-bars-itself",
                f"{place}.before",
                f"{obligation.id!r} bars {', '.join(own)}, which discharges it; leave it out of `before`",
            )
            continue
        if obligation.before and not _met([obligation], by_id, flow)[0]:
            yield found(
                "obligation-unmeetable",
                f"{place}.before",
                f"{obligation.id!r} bars {', '.join(obligation.before)}, and {' or '.join(commands_of(obligation))} "
                "comes only after that; bar a later command",
            )
            continue
        meetable.append((index, obligation))
        for number, command in enumerate(obligation.before):
            if command in flow.commands and not _in_time(obligation, command, by_id, flow):
                yield found(
                    "gate-without-effect",
                    f"{place}.before[{number}]",
                    f"{command} comes before {obligation.id!r} can be owed, so nothing is barred; bar a later command, "
                    "or start its clock earlier",
                )
    barring = [(index, one) for index, one in meetable if one.before]
    for (_, one), (index, other) in combinations(barring, 2):
        if _owed_together(one, other) and not all(_met([one, other], by_id, flow)):
            yield found(
                "obligation-deadlock",
                f"obligations[{index}].before",
                f"{other.id!r} and {one.id!r} bar each other; leave one `before` out",
            )


def commands_of(obligation: Obligation) -> tuple[str, ...]:
    """Return the commands that may discharge *obligation*."""
    return _COMMANDS.get(obligation.act, (obligation.act,))


def _unknown(obligation: Obligation, place: str, flow: Flow) -> Iterator[Finding]:
    for number, command in enumerate(obligation.before):
        if command not in flow.commands:
            yield found(
                "command-unknown",
                f"{place}.before[{number}]",
                f"{command!r} is not a command of the workflow; {instead_of(command, flow.commands)}",
            )
    for key, states in (
        ("until", obligation.until),
        ("recurs.until", obligation.recurs.until if obligation.recurs else ()),
    ):
        for number, state in enumerate(states):
            if state not in flow.states:
                yield found(
                    "state-unknown",
                    f"{place}.{key}[{number}]",
                    f"{state!r} is not a state of the workflow; {instead_of(state, sorted(flow.states))}",
                )


def _starts(obligation: Obligation, by_id: Mapping[str, Obligation]) -> frozenset[str]:
    """Return the commands that start a clock of *obligation*."""
    found_commands: set[str] = set()
    for clock in obligation.due:
        if clock.from_ == "discharged":
            other = by_id.get(clock.of or "")
            found_commands.update(commands_of(other) if other else ())
        else:
            found_commands.add(_STARTS[clock.from_])
    return frozenset(found_commands)


def _owed(obligation: Obligation, by_id: Mapping[str, Obligation], done: frozenset[str]) -> bool:
    """Return whether *obligation* may be owed after *done*."""
    return bool(_starts(obligation, by_id) & done) and (not obligation.levels or _LEVELLED in done)


def _met(obligations: list[Obligation], by_id: Mapping[str, Obligation], flow: Flow) -> list[bool]:
    """Return for each whether it can be discharged while all of them bar what they bar."""
    acts = [frozenset(commands_of(one)) for one in obligations]
    starts = [_starts(one, by_id) for one in obligations]
    watched = frozenset({_LEVELLED}).union(*acts, *starts)

    def barred(command: str, done: frozenset[str]) -> bool:
        return any(
            command in one.before and not act & done and _owed(one, by_id, done)
            for one, act in zip(obligations, acts, strict=True)
        )

    carried_out = {command for command, _ in flow.walks(watched, barred)}
    return [bool(act & carried_out) for act in acts]


def _in_time(obligation: Obligation, command: str, by_id: Mapping[str, Obligation], flow: Flow) -> bool:
    """Return whether *command* may come once *obligation* is owed, in an incident that is not reopened."""
    watched = _starts(obligation, by_id) | {_LEVELLED}
    reopening = flow.reopening - watched
    walks = flow.walks(watched, lambda step, _: step in reopening, asked=command)
    return any(step == command and _owed(obligation, by_id, done) for step, done in walks)


def _owed_together(one: Obligation, other: Obligation) -> bool:
    levels = not one.levels or not other.levels or bool(set(one.levels) & set(other.levels))
    return levels and not (one.when and other.when and one.when != other.when)
