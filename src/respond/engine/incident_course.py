"""The commands and answers of an incident that are about its course of action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from respond.engine.executing import Executing
from respond.engine.handler import Outcome
from respond.plan.organisation import TeamTemplate
from respond.workflow.incident.course import RecordHelpArrived, RequestHelp, ReviseActionPlan, SetActionPlan
from respond.workflow.incident.holds import PutOnHold, Resume
from respond.workflow.incident.teams import FormTeam, teams


class CourseCommands(Executing):
    """What is to be achieved, by whom and with whose help, and whether work goes on."""

    def set_action_plan(
        self, /, *, objectives: tuple[str, ...], measures: tuple[str, ...] = (), **circumstances: Any
    ) -> Outcome:
        """Decide what is to be achieved, and by which measures; those are asked of the incident then."""
        return self.execute(SetActionPlan(objectives=objectives, measures=measures), **circumstances)

    def revise_action_plan(
        self, /, *, objectives: tuple[str, ...], measures: tuple[str, ...] = (), reason: str, **circumstances: Any
    ) -> Outcome:
        """Take another course: what is told here stands in the place of the action plan so far."""
        command = ReviseActionPlan(objectives=objectives, measures=measures, reason=reason)
        return self.execute(command, **circumstances)

    def form_team(self, /, team: str, *, members: Mapping[str, str], **circumstances: Any) -> Outcome:
        """Form a team by a template of the plan; *members* tells who gets which of its roles."""
        return self.execute(FormTeam(team=team, members=dict(members)), **circumstances)

    def request_help(self, /, help: str, *, source: str, what: str, **circumstances: Any) -> Outcome:  # noqa: A002  the word of the field
        """Ask somebody outside for help; *help* is a key for it, in this incident."""
        return self.execute(RequestHelp(help=help, source=source, what=what), **circumstances)

    def record_help_arrived(self, /, help: str, *, note: str = "", **circumstances: Any) -> Outcome:  # noqa: A002
        """Tell that help from outside is there."""
        return self.execute(RecordHelpArrived(help=help, note=note), **circumstances)

    def put_on_hold(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Let work on the incident rest; the time until it goes on is told apart."""
        return self.execute(PutOnHold(reason=reason), **circumstances)

    def resume(self, /, *, note: str = "", **circumstances: Any) -> Outcome:
        """Go on with the work."""
        return self.execute(Resume(note=note), **circumstances)

    def team_templates(self) -> tuple[TeamTemplate, ...]:
        """Return the team templates of the plan that are for its category and level."""
        return teams(*self._standing())
