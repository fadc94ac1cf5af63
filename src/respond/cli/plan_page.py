"""A contingency plan as a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

import attrs

from respond.cli.page import Cell, Page
from respond.plan.labels import label
from respond.plan.organisation import Phase
from respond.plan.plan import Plan
from respond.plan.words import Words


def show_plan(page: Page, plan: Plan, words: Words) -> None:
    """Write *plan* for people; *words* know all that it names, also what stands in the plan that it is under."""
    _PlanPage(page, plan, words).show()


@attrs.frozen
class _PlanPage:
    page: Page
    plan: Plan
    words: Words

    def show(self) -> None:
        plan, words = self.plan, self.words
        self.page.line(plan.titles.get(words.language, plan.title) or plan.name)
        self.page.pairs(
            (
                (self._head("plan"), f"{plan.reference} ({label('plan', plan.kind, words.language)})"),
                (self._head("under"), plan.under),
                (self._head("owner"), plan.owner),
                (self._head("purpose"), plan.purpose),
                (self._head("scope"), plan.scope),
                (self._head("covers"), words.names("categories", plan.covers)),
                (self._head("digest"), plan.reference.digest),
            )
        )
        self._classification()
        self._organisation()
        self._work()
        self._communication()
        self._obligations()
        self._upkeep()

    def _classification(self) -> None:
        plan, words = self.plan, self.words
        self._table(
            "levels_head",
            ("number", "title", "definition", "suggested", "response"),
            [
                (
                    level.number,
                    words.title(level),
                    level.definition,
                    words.conditions(level.when) if level.when else None,
                    words.name("response_levels", level.response) if level.response else None,
                )
                for level in plan.levels
            ],
        )
        self._table(
            "categories_head",
            ("title", "definition"),
            [
                (f"{'  ' if category.parent else ''}{words.title(category)}", category.definition)
                for category in plan.categories
            ],
        )

    def _organisation(self) -> None:
        plan, words = self.plan, self.words
        self._table(
            "roles_head",
            ("role", "department", "rank", "substitutes"),
            [
                (
                    words.title(role),
                    words.name("departments", role.department) if role.department else None,
                    role.rank,
                    words.names("roles", role.substitutes),
                )
                for role in plan.roles
            ],
        )
        self._table(
            "roster_head",
            ("id", "roles", "skills"),
            [
                (member.id, words.names("roles", member.roles), words.phrase("comma").join(member.skills))
                for member in plan.roster
            ],
        )
        phases = [phase for phase in get_args(Phase) if any(duty.phase == phase for duty in plan.duties)]
        if phases:
            self._section("duties_head")
            self.page.table(
                (self._head("role"), *(label("phase", phase, words.language) for phase in phases)),
                [
                    (words.title(role), *(self._duties(role.id, phase) for phase in phases))
                    for role in plan.roles
                    if any(duty.role == role.id for duty in plan.duties)
                ],
            )
        self._powers()

    def _powers(self) -> None:
        plan, words = self.plan, self.words
        self._table(
            "authority_head",
            ("id", "commands", "roles"),
            [
                (
                    rule.id,
                    words.phrase("comma").join(label("command", one, words.language) for one in rule.commands),
                    words.names("roles", rule.roles),
                )
                for rule in plan.authority
            ],
        )
        self._table(
            "access_head",
            ("id", "roles", "shows"),
            [
                (
                    rule.id,
                    words.names("roles", rule.roles),
                    words.phrase("comma").join(label("matter", one, words.language) for one in rule.shows),
                )
                for rule in plan.access
            ],
        )

    def _duties(self, role: str, phase: str) -> str:
        """Return the cell of the duty matrix."""
        return self.words.phrase("comma").join(
            self.words.title(duty) + (f" ({self.words.levels(duty.levels)})" if duty.levels else "")
            for duty in self.plan.duties
            if (duty.role, duty.phase) == (role, phase)
        )

    def _work(self) -> None:
        plan, words = self.plan, self.words
        self._table(
            "measures_head",
            ("title", "kind", "done_by", "number", "asked", "after"),
            [
                (
                    words.title(measure),
                    label("measure", measure.kind, words.language),
                    words.name("roles", measure.role) if measure.role else None,
                    words.phrase("comma").join(map(str, measure.levels)),
                    words.conditions(measure.when) if measure.when else None,
                    words.names("measures", measure.after),
                )
                for measure in plan.measures
            ],
        )
        self._table(
            "resources_head",
            ("title", "kind", "quantity", "location"),
            [
                (
                    words.title(resource),
                    label("resource", resource.kind, words.language),
                    words.amount(resource.amount)
                    if resource.amount
                    else f"{resource.quantity or ''} {resource.unit}".strip(),
                    resource.location,
                )
                for resource in plan.resources
            ],
        )

    def _communication(self) -> None:
        plan, words = self.plan, self.words
        self._table(
            "audiences_head",
            ("title", "channels", "speakers"),
            [
                (
                    words.title(audience),
                    words.names("channels", audience.channels),
                    words.names("roles", audience.speakers),
                )
                for audience in plan.audiences
            ],
        )
        self._table(
            "notices_head",
            ("addressee", "channels", "tellers"),
            [
                (
                    words.names("audiences", [rule.audience] if rule.audience else ())
                    or words.names("roles", [rule.role] if rule.role else ())
                    or words.names("departments", [rule.department] if rule.department else ()),
                    words.names("channels", rule.channels),
                    words.names("roles", rule.tellers),
                )
                for rule in plan.notices
            ],
        )
        limits = plan.customer_care.limits if plan.customer_care else ()
        self._table(
            "care_head",
            ("role", "limit"),
            [(words.name("roles", limit.role), words.amount(limit.up_to)) for limit in limits],
        )

    def _obligations(self) -> None:
        if self.plan.all_obligations:
            self._section("obligations_head")
        for obligation in self.plan.all_obligations:
            self.page.line(self.words.obligation(obligation))
            for rung in obligation.ladder:
                self.page.line(f"  - {self.words.rung(rung)}")

    def _upkeep(self) -> None:
        plan, words = self.plan, self.words
        self._table(
            "risks_head",
            ("title", "likelihood", "impact"),
            [(words.title(risk), risk.likelihood, risk.impact) for risk in plan.risks],
        )
        self._table(
            "indicators_head",
            ("title", "prepares", "preparations", "warns"),
            [
                (
                    words.title(one),
                    words.range(one.prepares) if one.prepares else None,
                    words.phrase("comma").join(one.preparations),
                    words.range(one.suggests),
                )
                for one in plan.indicators
            ],
        )
        self._table(
            "tasks_head",
            ("title", "role", "due_on"),
            [(words.title(task), words.name("roles", task.role), task.due_on.isoformat()) for task in plan.tasks],
        )
        self._table(
            "drills_head",
            ("title", "every"),
            [(words.title(drill), words.span(drill.every)) for drill in plan.drills],
        )

    def _head(self, name: str) -> str:
        return self.words.phrase(f"col_{name}")

    def _section(self, name: str) -> None:
        self.page.heading(self._head(name))

    def _table(self, head: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Write a section as a table, when it has rows; columns in which nothing stands are left out."""
        cells = list(rows)
        if not cells:
            return
        filled = [index for index in range(len(columns)) if any(row[index] not in {None, ""} for row in cells)]
        self._section(head)
        self.page.table(
            [self._head(columns[index]) for index in filled], [[row[index] for index in filled] for row in cells]
        )
