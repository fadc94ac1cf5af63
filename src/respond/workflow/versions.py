"""Versions: the definitions of one workflow that are known, and which of them decides for an aggregate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from respond.domain.references import Reference
from respond.errors import InvalidWorkflow
from respond.workflow.workflow import Workflow


class Versions:
    """The definitions of one workflow, by version.

    The newest folds every stream of the workflow, for a fold needs no definition; commands are decided under the one
    that the stream names.  So the versions share the class of the state, and the newest has an evolver for every event
    of the others.  Raises `InvalidWorkflow`.
    """

    def __init__(self, workflows: Iterable[Workflow]) -> None:
        self._by_version: dict[str, Workflow] = {}
        given = tuple(workflows)
        for workflow in given:
            if workflow.name != given[0].name:
                raise InvalidWorkflow(
                    f"{given[0].reference} and {workflow.reference} both claim the streams of {workflow.category!r}"
                )
            known = self._by_version.get(workflow.reference.version, workflow)
            self._by_version[workflow.reference.version] = workflow
            if known.reference != workflow.reference:
                raise InvalidWorkflow(
                    f"two definitions with different content are called {workflow.reference} (digests "
                    f"{known.reference.digest[:12]} and {workflow.reference.digest[:12]}); raise the version of one"
                )
        for workflow in self:
            self._refuse_strangers(workflow)

    @cached_property
    def newest(self) -> Workflow:
        """The one of the highest version: what has no events yet begins under it."""
        return max(self._by_version.values(), key=lambda workflow: workflow.version)

    @property
    def by_version(self) -> Mapping[str, Workflow]:
        return self._by_version

    def __iter__(self) -> Iterator[Workflow]:
        """Yield them from the oldest to the newest."""
        return iter(sorted(self._by_version.values(), key=lambda workflow: workflow.version))

    def under(self, pinned: Reference | None) -> Workflow:
        """Return the definition that *pinned* names, as far as it is known; else the newest.

        For judging what was recorded: the content may differ from what was pinned.
        """
        known = None if pinned is None or pinned.name != self.newest.name else self._by_version.get(pinned.version)
        return known or self.newest

    def deciding(self, pinned: Reference | None) -> Workflow:
        """Return the definition that decides for what *pinned* names; the newest where that version is not registered.

        Raises `InvalidWorkflow` when it is registered with another content.
        """
        workflow = self.under(pinned)
        given = workflow.reference
        if pinned is not None and (given.name, given.version) == (pinned.name, pinned.version) and given != pinned:
            raise InvalidWorkflow(
                f"the events of this aggregate name {pinned} with digest {pinned.digest[:12]}, and the one that is "
                f"registered has {given.digest[:12]}: give what was changed a new version, and register both"
            )
        return workflow

    def _refuse_strangers(self, workflow: Workflow) -> None:
        """Raise `InvalidWorkflow` when the newest cannot fold what *workflow* records."""
        newest = self.newest
        if type(workflow.initial) is not type(newest.initial):
            kinds = f"{type(workflow.initial).__name__} and {type(newest.initial).__name__}"
            raise InvalidWorkflow(
                f"{workflow.reference} and {newest.reference} fold into {kinds}; let both fold into one class"
            )
        lost = [payload.__name__ for payload in workflow.evolvers if payload not in newest.evolvers]
        if lost:
            raise InvalidWorkflow(
                f"{newest.reference} cannot fold {', '.join(lost)} of {workflow.reference}; keep its evolvers there"
            )


def by_category(workflows: Iterable[Workflow]) -> dict[str, Versions]:
    """Return the versions of *workflows* by the category of their streams; raises `InvalidWorkflow`."""
    found: dict[str, list[Workflow]] = {}
    for workflow in workflows:
        found.setdefault(workflow.category, []).append(workflow)
    return {category: Versions(group) for category, group in found.items()}
