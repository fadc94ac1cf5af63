"""The handle of one incident for asyncio: its commands and its answers, to be awaited."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from respond.engine.async_action import AsyncActionHandle
from respond.engine.async_lesson import AsyncLessonHandle
from respond.engine.async_party import AsyncPartyHandle
from respond.engine.handed import handed
from respond.engine.handler import Outcome
from respond.engine.incident import IncidentHandle
from respond.store.bridge import awaited
from respond.workflow.incident.commands import ReportIncident

if TYPE_CHECKING:
    from respond.engine.async_desk import AsyncDesk


class AsyncIncidentHandle:
    """Every method of an `IncidentHandle`, as a coroutine."""

    def __init__(self, engine: AsyncDesk, inner: IncidentHandle) -> None:
        self.engine = engine
        self.inner = inner
        self.id = inner.id
        self.outcome = inner.outcome
        """What the report led to, when this handle reported it."""
        self.run = engine.run

    def __repr__(self) -> str:
        return repr(self.inner)

    execute = awaited(IncidentHandle.execute)
    assess = awaited(IncidentHandle.assess)
    assign_level = awaited(IncidentHandle.assign_level)
    change_level = awaited(IncidentHandle.change_level)
    acknowledge = awaited(IncidentHandle.acknowledge)
    recategorise = awaited(IncidentHandle.recategorise)
    set_response_level = awaited(IncidentHandle.set_response_level)
    start_response = awaited(IncidentHandle.start_response)
    take_command = awaited(IncidentHandle.take_command)
    assign_role = awaited(IncidentHandle.assign_role)
    release_role = awaited(IncidentHandle.release_role)
    hand_over_role = awaited(IncidentHandle.hand_over_role)
    assign_team = awaited(IncidentHandle.assign_team)
    report_upward = awaited(IncidentHandle.report_upward)
    record_receipt = awaited(IncidentHandle.record_receipt)
    fulfil = awaited(IncidentHandle.fulfil)
    waive = awaited(IncidentHandle.waive)
    pause_clock = awaited(IncidentHandle.pause_clock)
    resume_clock = awaited(IncidentHandle.resume_clock)
    approve = awaited(IncidentHandle.approve)
    activate_plan = awaited(IncidentHandle.activate_plan)
    rebase_plan = awaited(IncidentHandle.rebase_plan)
    start_measure = awaited(IncidentHandle.start_measure)
    tick_step = awaited(IncidentHandle.tick_step)
    complete_measure = awaited(IncidentHandle.complete_measure)
    skip_measure = awaited(IncidentHandle.skip_measure)
    add_measure = awaited(IncidentHandle.add_measure)
    mark_contained = awaited(IncidentHandle.mark_contained)
    mark_restored = awaited(IncidentHandle.mark_restored)
    record_head_count = awaited(IncidentHandle.record_head_count)
    measures = awaited(IncidentHandle.measures)
    raise_hypothesis = awaited(IncidentHandle.raise_hypothesis)
    confirm_hypothesis = awaited(IncidentHandle.confirm_hypothesis)
    reject_hypothesis = awaited(IncidentHandle.reject_hypothesis)
    receive_information = awaited(IncidentHandle.receive_information)
    confirm_information = awaited(IncidentHandle.confirm_information)
    refute_information = awaited(IncidentHandle.refute_information)
    record_decision = awaited(IncidentHandle.record_decision)
    drafts = awaited(IncidentHandle.drafts)
    set_key_messages = awaited(IncidentHandle.set_key_messages)
    approve_key_messages = awaited(IncidentHandle.approve_key_messages)
    draft_statement = awaited(IncidentHandle.draft_statement)
    correct_statement = awaited(IncidentHandle.correct_statement)
    approve_statement = awaited(IncidentHandle.approve_statement)
    publish_statement = awaited(IncidentHandle.publish_statement)
    retract_statement = awaited(IncidentHandle.retract_statement)
    notify = awaited(IncidentHandle.notify)
    record_feedback = awaited(IncidentHandle.record_feedback)
    record_observation = awaited(IncidentHandle.record_observation)
    evaluate_communication = awaited(IncidentHandle.evaluate_communication)
    told = awaited(IncidentHandle.told)
    set_action_plan = awaited(IncidentHandle.set_action_plan)
    revise_action_plan = awaited(IncidentHandle.revise_action_plan)
    form_team = awaited(IncidentHandle.form_team)
    team_templates = awaited(IncidentHandle.team_templates)
    request_help = awaited(IncidentHandle.request_help)
    record_help_arrived = awaited(IncidentHandle.record_help_arrived)
    put_on_hold = awaited(IncidentHandle.put_on_hold)
    resume = awaited(IncidentHandle.resume)
    note = awaited(IncidentHandle.note)
    request_resource = awaited(IncidentHandle.request_resource)
    withdraw_request = awaited(IncidentHandle.withdraw_request)
    record_expense = awaited(IncidentHandle.record_expense)
    resolve = awaited(IncidentHandle.resolve)
    reopen = awaited(IncidentHandle.reopen)
    close_review = awaited(IncidentHandle.close_review)
    cancel = awaited(IncidentHandle.cancel)
    correct = awaited(IncidentHandle.correct)
    retract = awaited(IncidentHandle.retract)
    pin_entry = awaited(IncidentHandle.pin_entry)
    unpin_entry = awaited(IncidentHandle.unpin_entry)
    open_review = awaited(IncidentHandle.open_review)
    record_finding = awaited(IncidentHandle.record_finding)
    evaluate_response = awaited(IncidentHandle.evaluate_response)
    record_fix = awaited(IncidentHandle.record_fix)
    sign_review = awaited(IncidentHandle.sign_review)
    publish_review = awaited(IncidentHandle.publish_review)
    record_lesson = handed(AsyncLessonHandle, IncidentHandle.record_lesson)
    register_affected = handed(AsyncPartyHandle, IncidentHandle.register_affected)

    undo_merge = awaited(IncidentHandle.undo_merge)
    relate = awaited(IncidentHandle.relate)
    unrelate = awaited(IncidentHandle.unrelate)

    async def split(
        self, parts: Iterable[ReportIncident], *, reason: str, **circumstances: Any
    ) -> tuple[AsyncIncidentHandle, ...]:
        """Report *parts* as incidents that come of it; see `Desk.split`."""
        return await self.engine.split(self.id, parts, reason=reason, **circumstances)

    async def merge_into(self, other: AsyncIncidentHandle | str, *, reason: str, **circumstances: Any) -> Outcome:
        """Merge this incident into *other*, which goes on."""
        into = other if isinstance(other, str) else other.id
        return await self.run(self.inner.merge_into, into, reason=reason, **circumstances)

    party = handed(AsyncPartyHandle, IncidentHandle.party)
    open_action = handed(AsyncActionHandle, IncidentHandle.open_action)
    action = handed(AsyncActionHandle, IncidentHandle.action)
    actions = awaited(IncidentHandle.actions)
    propose_plan_change = awaited(IncidentHandle.propose_plan_change)
    record_recognition = awaited(IncidentHandle.record_recognition)
    parties = awaited(IncidentHandle.parties)
    resources = awaited(IncidentHandle.resources)
    needs = awaited(IncidentHandle.needs)
    suggestion = awaited(IncidentHandle.suggestion)
    response_suggestion = awaited(IncidentHandle.response_suggestion)
    obligations = awaited(IncidentHandle.obligations)
    verdicts = awaited(IncidentHandle.verdicts)
    vacancies = awaited(IncidentHandle.vacancies)
    concerns = awaited(IncidentHandle.concerns)
    explain = awaited(IncidentHandle.explain)
    state = awaited(IncidentHandle.state)
    events = awaited(IncidentHandle.events)
    timeline = awaited(IncidentHandle.timeline)
    review = awaited(IncidentHandle.review)
    learning_view = awaited(IncidentHandle.learning_view)
    view = awaited(IncidentHandle.view)
    what_if = awaited(IncidentHandle.what_if)
    candidates = awaited(IncidentHandle.candidates)

    async def number(self) -> str:
        """Return its readable number, `INC-` and the position of its first event."""
        return await self.run(lambda: self.inner.number)
