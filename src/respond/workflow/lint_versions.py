"""Lint of definitions beside each other: what an engine would refuse to register together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from respond.plan.finding import Finding
from respond.workflow.lint_codes import found
from respond.workflow.workflow import Workflow


def lint_beside(workflow: Workflow, others: Iterable[Workflow]) -> Iterator[Finding]:
    """Yield what is wrong with *workflow* beside *others*: no two have one name and version, and different content."""
    mine = workflow.reference
    for other in {one.reference for one in others}:
        if (other.name, other.version) == (mine.name, mine.version) and other != mine:
            digests = f"digest {other.digest[:12]}, this one {mine.digest[:12]}"
            text = f"another definition with different content is called {mine}, {digests}: raise the version of one"
            yield found("version-twice", "version", text)
