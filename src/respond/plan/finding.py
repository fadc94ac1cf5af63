"""What lint says: findings with stable codes, and the codes of those about plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

Severity = Literal["error", "warning"]


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that is wrong with a plan or a workflow, or should be better."""

    code: str
    severity: Severity
    place: str
    """The path of the key, such as `levels[1].number`."""
    text: str
    """What is wrong, and what to write instead."""
    line: int | None = None
    """The line of the key, where there is a file."""


def found(code: str, place: str, text: str) -> Finding:
    """Return the finding *code* at *place*."""
    severity: Severity = "warning" if code in WARNINGS else "error"
    return Finding(code=code, severity=severity, place=place, text=text)


READING: Mapping[str, str] = {
    "not-toml": "the file is not TOML",
    "too-large": "the file is larger than plans may be",
    "too-deep": "tables, lists or the parts of a key within each other more than 20 deep",
    "too-many": "more than 5,000 parts in one section, or items in one list",
    "duplicate-key": "a key stands twice in one table",
    "unknown-key": "a key that plans do not have",
    "key-missing": "a key that must be there is not",
    "value-invalid": "a value of another type, or none of the choices",
    "value-empty": "an id, a name, a version or a title is empty",
    "name-invalid": "a name or a version with @, a blank at its ends or a line break, or of more than 100 characters",
    "span-invalid": "a span of time that is none, or negative",
    "zone-unknown": "a time zone that does not exist",
    "calendar-missing": "a calendar that lies nowhere",
    "profile-missing": "an obligation profile that lies nowhere",
    "condition-impossible": "a condition that no value can meet",
    "field-type": "a condition on an extension field asks a value of another type, or none of its choices",
    "working-days-uncounted": "working days outside obligations, where no calendar says which days those are",
    "id-twice": "an id that stands twice in one section",
    "level-gap": "levels are not numbered 1, 2, 3 … in order",
    "category-other-missing": "the residual category `other` is missing",
    "category-cycle": "a category refines itself",
    "category-too-deep": "more than 20 categories in one line, each of which refines the next",
    "obligation-unknown": "a clock that starts at an obligation that the plan does not have, or at none",
    "calendar-unknown": "a calendar that the plan does not have",
    "deadline-cycle": "deadlines that wait for each other in a circle",
    "language-differs": "a special plan is in another language than the general one",
}
"""The codes of what a plan is refused for when it is read, before anything else is judged."""

ERRORS: Mapping[str, str] = {
    "level-unknown": "a level that the plan does not have",
    "level-overlap": "the ranges of two levels hold the same values",
    "level-never-suggested": "a worse level takes every value of this one",
    "condition-empty": "a condition that names nothing, and so always holds",
    "category-unknown": "a category that the plan does not have",
    "facet-unknown": "a facet that the plan does not have",
    "response-level-unknown": "a response level that the plan does not have",
    "field-unknown": "a condition on an extension field that is not declared",
    "field-choices": "choices of a field that holds no text",
    "role-unknown": "a role that the plan does not have",
    "duty-without-role": "a duty of a role that the plan does not have",
    "body-without-head": "a body led by a role that the plan does not have, or that commands nothing",
    "department-unknown": "a department that the plan does not have",
    "training-unknown": "a training that the plan does not have",
    "substitute-cycle": "substitutes that lead back to the role",
    "measure-unknown": "a measure that the plan does not have",
    "measure-cycle": "measures that come after each other in a circle",
    "measure-unreachable": "a measure that no incident asks for",
    "measure-after-never": "a measure that comes after one that is never done where it is",
    "resource-unknown": "a resource that the plan does not have",
    "partner-unknown": "a partner that the plan does not have",
    "calendar-ended": "a calendar whose holidays are no longer known",
    "partner-expired": "the agreement with a partner has ended",
    "channel-unknown": "a channel that the plan does not have",
    "audience-unknown": "an audience that the plan does not have",
    "notice-addressee": "a line of the communication matrix without one of audience, role and department",
    "notice-outside": "a line of the communication matrix to people outside, who are told by statements",
    "channel-unfit": "a line of the communication matrix by a channel that does not reach the audience",
    "recipient-unknown": "a report or word to a recipient that is no audience of the plan",
    "compensation-currencies": "limits of compensation in different currencies",
    "amount-invalid": "an amount below 0, or finer than its currency is",
    "compensation-twice": "two limits of compensation for one role",
    "obligation-unmeetable": "an obligation that cannot be met in the order that the workflow allows",
    "obligation-bars-itself": "an obligation that bars the command that discharges it",
    "obligation-deadlock": "two obligations that bar each other",
    "state-unknown": "a state that the workflow does not have",
    "command-unknown": "a command that the workflow does not have",
    "report-incomplete": "a report without its kind or recipient, or either without a report",
    "stage-without-statement": "the stage of a statement where none is asked for",
    "report-final-first": "a follow-up or final report that is due before the initial one",
    "clock-never-starts": "no clock of the obligation can ever start",
    "rung-never": "a rung of a ladder that is never climbed",
    "n-of-too-many": "more people must agree than there are, or fewer than one",
    "rule-without-role": "a rule of authority that lets nobody do anything",
    "held-by-nobody": "a rule of authority for the holder of a role that nobody can hold, or not at that time",
    "overseer-acts": "a role that only oversees may do more than note, pin, find, approve and evaluate",
    "break-glass-unreviewed": "a command may be done in need, and no review asks about it",
    "risk-out-of-range": "a likelihood or an impact that is not from 1 to 5",
    "indicator-always": "an indicator that suggests a warning, or asks for its preparations, at every value",
    "revision-rare": "the plan is revised less than yearly",
    "section-missing": "a section that such a plan must have",
    "general-plan-missing": "the general plan of a special one is not at hand",
}
"""The codes of errors."""

WARNINGS: Mapping[str, str] = {
    "level-without-condition": "a level that is never suggested, for want of a condition",
    "level-range-gap": "values between the ranges of the levels suggest none",
    "category-unused": "a category that nothing in the plan names",
    "category-uncovered": "a category that the plan is not for",
    "category-deep": "a category more than two levels deep",
    "facet-unused": "a facet that nothing in the plan names",
    "response-level-unused": "a response level that no level leads to",
    "role-unused": "a role that has nothing to do",
    "role-without-substitute": "a role that must be filled, and nobody steps in",
    "contact-unverified": "a contact that was not verified within a year",
    "contact-missing": "a department without a contact",
    "measure-without-role": "a measure that nobody does",
    "inspection-overdue": "a resource that should have been inspected",
    "agreement-undated": "a partner whose agreement has no end, or no text",
    "audience-without-speaker": "nobody may speak to an audience",
    "audience-without-channel": "no channel reaches an audience",
    "media-without-speaker": "nobody speaks to the media and the public",
    "key-message-missing": "a stage without a key message",
    "compensation-missing": "the highest role has no limit of compensation",
    "compensation-reversed": "a lower role may offer more than a higher one",
    "obligation-without-role": "an obligation that nobody owes",
    "calendar-ends": "a calendar whose holidays are known for less than a month more",
    "calendar-unnamed": "working days without a calendar",
    "report-without-initial": "a follow-up or final report without an initial one",
    "gate-without-effect": "a command is barred that comes before the obligation can be owed",
    "near-always": "an obligation that is near its deadline from the start",
    "ladder-without-higher-rank": "a ladder that tells no higher rank",
    "authority-missing": "no rule of authority at all: everybody may do everything",
    "commander-missing": "no role has the id `commander`, which whoever takes command fills",
    "command-without-rule": "a command that no rule of authority names: nobody may do it",
    "lowering-easier": "who may lower a level, and may not raise it",
    "risk-unassessed": "a risk that was never assessed, or not again when it should",
    "prepares-late": "preparations that fall due no sooner than the warning is suggested, or none at all",
    "drill-rare": "a drill less than yearly",
    "title-missing": "a title is missing in a language that the plan otherwise has",
}
"""The codes of warnings."""

CODES: Mapping[str, str] = {**READING, **ERRORS, **WARNINGS}
"""Every code, and what it means."""
