"""Workflows: judged, drawn and compared; which asks no log, but for what was counted in one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import click

from respond.cli.answer import Answer
from respond.cli.graphviz import svg
from respond.cli.options import Question
from respond.cli.page import Page, counted, span_text
from respond.cli.registration import Definition, definitions_in
from respond.cli.sarif import Located, sarif
from respond.cli.session import Session
from respond.cli.statuses import BAD_NEWS, DONE
from respond.domain.streams import StreamId
from respond.engine.definitions import Plans, Workflows
from respond.errors import InvalidInput
from respond.plan import finding as plan_finding
from respond.plan.finding import Finding
from respond.plan.plan import Plan
from respond.projections.traffic import Moves, Traffic
from respond.store.codec import Codec
from respond.store.paging import pages
from respond.workflow.compare import Change
from respond.workflow.compare import compare as compared
from respond.workflow.diagram import dot, mermaid
from respond.workflow.lint_codes import CODES
from respond.workflow.lint_plan import lint_under
from respond.workflow.lint_versions import lint_beside
from respond.workflow.workflow import Workflow

_FORMATS = ("mermaid", "dot", "svg")


@click.group("workflow")
def workflow() -> None:
    """Judge, draw and compare workflows."""


@workflow.command("lint", cls=Question)
@click.argument("targets", metavar="TARGET", nargs=-1, required=True)
@click.option("--sarif", "as_sarif", is_flag=True, help="Answer with a SARIF 2.1.0 log, for editors and code hosts.")
def lint(session: Session, targets: tuple[str, ...], as_sarif: bool) -> Answer:
    """Say what is wrong with the workflows of each TARGET, by code and place.

    TARGET is package.module, path/to/file.py, or one of these with :NAME for one workflow of it.  With --plan they are
    judged under that plan too.  Ends with 1 when there are errors; warnings alone are no bad news.
    """
    plans = Plans(session.plans()) if session.plan_files else ()
    found = [pair for target in targets for pair in _judged(definitions_in(target), tuple(plans))]
    severities = [finding.severity for _, findings in found for finding in findings]
    status = BAD_NEWS if "error" in severities else DONE
    if as_sarif:
        located = [
            Located(finding=finding, whole=_title(one), file=one.file, line=one.line)
            for one, findings in found
            for finding in findings
        ]
        document = sarif(located, {**plan_finding.CODES, **CODES})
        return Answer(
            document=document, show=lambda page: page.line(json.dumps(document, ensure_ascii=True)), status=status
        )
    return Answer(
        document={
            "workflows": [
                {
                    "target": one.name,
                    "file": None if one.file is None else str(one.file),
                    "line": one.line,
                    "definition": None if one.workflow is None else one.workflow.reference,
                    "findings": findings,
                }
                for one, findings in found
            ],
            "errors": severities.count("error"),
            "warnings": severities.count("warning"),
        },
        show=lambda page: _show_findings(page, found),
        status=status,
    )


@workflow.command("diagram", cls=Question)
@click.argument("target", metavar="TARGET")
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="mermaid", show_default=True)
@click.option("--guards", is_flag=True, help="Name the guards that each step asks.")
@click.option("--counts", is_flag=True, help="Count the steps of the log in --db, with the times before them.")
def diagram(session: Session, target: str, kind: str, guards: bool, counts: bool) -> Answer:
    """Draw the workflow TARGET: package.module:NAME, or path/to/file.py:NAME.

    With --plan, steps of incidents say their deadlines.  svg needs the program dot of Graphviz.
    """
    one = _only(target)
    plan = Plans(session.plans()).default if session.plan_files else None
    told = {move: _said(moves) for move, moves in _traffic(session, one).items()} if counts else None
    drawn = (mermaid if kind == "mermaid" else dot)(one, guards=guards, plan=plan, traffic=told)
    text = svg(drawn) if kind == "svg" else drawn
    return Answer(
        document={"definition": one.reference, "format": kind, "diagram": text},
        show=lambda page: _show_lines(page, text),
    )


@workflow.command("compare", cls=Question)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--renamed", multiple=True, metavar="OLD=NEW", help="A state that has another name in the new definition."
)
def compare(_: Session, old: str, new: str, renamed: tuple[str, ...]) -> Answer:
    """Say what the workflow NEW makes possible and impossible that OLD did not, with a shortest example of each.

    OLD and NEW are each package.module:NAME, or path/to/file.py:NAME.
    """
    before, after = _only(old), _only(new)
    changes = compared(before, after, _mapping(renamed))
    return Answer(
        document={"old": before.reference, "new": after.reference, "changes": changes},
        show=lambda page: _show_changes(page, f"{before.reference} to {after.reference}", changes),
    )


def _judged(
    definitions: Sequence[Definition], plans: tuple[Plan, ...]
) -> Iterator[tuple[Definition, tuple[Finding, ...]]]:
    """Yield each definition of one module with its findings: its own, those under *plans* and beside the others."""
    known = [one.workflow for one in definitions if one.workflow is not None]
    for one in definitions:
        if one.workflow is None:
            yield one, one.refused.findings if one.refused else ()
            continue
        under = [finding for plan in plans for finding in lint_under(one.workflow, plan)]
        yield one, (*one.workflow.lint(), *under, *lint_beside(one.workflow, known))


def _only(target: str) -> Workflow:
    """Return the one workflow that *target* names; raises `InvalidInput`, and what made it refuse itself."""
    found = definitions_in(target)
    (first, *more), last = found, found[-1]
    if last.refused is not None:
        raise last.refused
    if first.workflow is None:
        raise InvalidInput(f"{target} holds no workflow", place="TARGET")
    if more:
        raise InvalidInput(f"{target} holds several workflows; write one of {', '.join(one.name for one in found)}")
    return first.workflow


def _mapping(renamed: Sequence[str]) -> Mapping[str, str]:
    """Return the new states by old ones; raises `InvalidInput` for what is no pair of them."""
    pairs = [one.partition("=") for one in renamed]
    for pair, (old, _, new) in zip(renamed, pairs, strict=True):
        if not (old and new):
            raise InvalidInput(f"{pair!r} renames no state; write OLD=NEW", place="--renamed", value=pair)
    return {old: new for old, _, new in pairs}


def _traffic(session: Session, drawn: Workflow) -> Mapping[tuple[str, str], Moves]:
    """Return the moves of the aggregates of *drawn* in the log."""
    traffic = Traffic(drawn.category)
    given = [one for one in session.workflows() if one.category != drawn.category]
    codec = Codec(Workflows([*given, drawn]).event_types)
    with session.store() as store:
        for page in pages(lambda after: store.read_all(after=after, realm="real")):
            rows = [row for row in page if StreamId(row.stream).category == drawn.category]
            traffic.take(codec.decode_all(rows))
    return traffic.moves()


def _said(moves: Moves) -> str:
    times = "once" if moves.count == 1 else f"{moves.count:,} times"
    return times if moves.median is None else f"{times}, median {span_text(round(moves.median.total_seconds()))}"


def _title(one: Definition) -> str:
    return one.name if one.workflow is None else f"{one.name} ({one.workflow.reference})"


def _show_findings(page: Page, found: Sequence[tuple[Definition, Sequence[Finding]]]) -> None:
    for one, findings in found:
        where = one.name if one.file is None or one.line is None else f"{one.file}:{one.line}"
        for finding in findings:
            page.line(f"{where}: {finding.severity}: {finding.place}: {finding.text} [{finding.code}]")
        errors = sum(finding.severity == "error" for finding in findings)
        page.line(f"{_title(one)}: {counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}")


def _show_lines(page: Page, text: str) -> None:
    for line in text.splitlines():
        page.line(line)


def _show_changes(page: Page, between: str, changes: Sequence[Change]) -> None:
    page.line(f"{between}: {counted(len(changes), 'change')}")
    for change in changes:
        page.line(change.text)


COMMANDS = (workflow,)
