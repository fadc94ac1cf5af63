"""Lint of plans in files: what a plan is refused for is a finding too, and each has the line of its key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import attrs

from respond.errors import InvalidPlan
from respond.plan.composed import composed
from respond.plan.files import read_text
from respond.plan.finding import Finding, found
from respond.plan.flow import Flow
from respond.plan.lines import line_of, lines_of
from respond.plan.lint import lint
from respond.plan.plan import Plan
from respond.plan.reader import FILE_MAX

_PART = re.compile(r"(\w+)\[(\d+)\](.*)")


def lint_file(
    path: Path, *, today: date | None = None, flow: Flow | None = None, generals: Mapping[str, Plan] | None = None
) -> tuple[Finding, ...]:
    """Return what is wrong with the plan in the file at *path*; *today* and *flow* as for `lint`.

    A plan that cannot be read has the findings of reading, in the order of the file, and no others.  A special plan is
    judged with the general one that it is under, from *generals* by name; what the general plan says itself is left to
    its own lint.  Raises `InvalidPlan` when there is no such file.
    """
    try:
        plan = Plan.load(path)
    except InvalidPlan as error:
        if error.flaw == "unreadable":
            raise
        return tuple(refusal(one, path) for one in (error, *error.others))
    lines = lines_of(read_text(path, bytes_max=FILE_MAX, invalid=InvalidPlan))
    try:
        findings = (
            lint(plan, today=today, flow=flow) if plan.under is None else _special(plan, generals or {}, today, flow)
        )
    except InvalidPlan as error:
        findings = (refusal(error, path),)
    return tuple(attrs.evolve(one, line=line_of(lines, one.place)) for one in _written(findings, lines))


def _written(findings: Iterable[Finding], lines: Mapping[str, int]) -> Iterator[Finding]:
    """Yield the findings in what the file holds; of what a profile brings to it, what does not fit the plan."""
    for one in findings:
        part = _PART.fullmatch(one.place)
        if part is None or f"{part[1]}[{part[2]}]" in lines:
            yield one
        elif one.severity == "error":
            yield attrs.evolve(one, place="profiles", text=f"{one.place}: {one.text}")


def refusal(error: InvalidPlan, path: Path) -> Finding:
    """Return the finding that a document which *error* refused, in the file at *path*, has."""
    text = str(error).removeprefix(f"{path}: ").removeprefix(f"{error.key}: ").removesuffix(f" (at line {error.line})")
    return attrs.evolve(found(error.flaw, "" if error.key == str(path) else error.key, text), line=error.line)


def _special(special: Plan, generals: Mapping[str, Plan], today: date | None, flow: Flow | None) -> tuple[Finding, ...]:
    general = generals.get(special.under or "")
    if general is None:
        advice = f"the general plan {special.under!r} is not at hand; name its file too"
        return (found("general-plan-missing", "under", advice),)
    whole = composed(special, general)
    known = {(one.code, one.text) for one in lint(general, today=today, flow=flow)}
    findings = [one for one in lint(whole, today=today, flow=flow) if (one.code, one.text) not in known]
    return tuple(own for one in findings if (own := _own(one, special, whole)) is not None)


def _own(finding: Finding, special: Plan, whole: Plan) -> Finding | None:
    """Return *finding* with its place in the special plan; None when it is about a part of the general one."""
    place = _PART.fullmatch(finding.place)
    if place is None:
        return finding
    section, index, rest = place.groups()
    part, parts = getattr(whole, section)[int(index)], getattr(special, section)
    return attrs.evolve(finding, place=f"{section}[{parts.index(part)}]{rest}") if part in parts else None
