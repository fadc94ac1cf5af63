"""Random commands for everything beside incidents, and words for those: most of them make sense, and some do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

from plan_commands import PEOPLE
from plan_strategies import IDS
from respond.domain.events import Event
from respond.domain.money import Money
from respond.domain.references import Actor
from respond.plan.plan import Plan
from respond.plan.upkeep import RevisionTrigger
from respond.workflow.accountability import commands as accountability
from respond.workflow.action import commands as action
from respond.workflow.approvals import Approve
from respond.workflow.definition import trigger_of
from respond.workflow.incident import messages, statements
from respond.workflow.lesson import RecordLesson, ReviseLesson, WithdrawLesson
from respond.workflow.party import commands as party
from respond.workflow.plan_life import commands as plan_life
from respond.workflow.plan_life import proposals
from respond.workflow.pool import commands as pool
from respond.workflow.warning import commands as warning
from respond.workflow.workflow import Workflow
from workers import Barred, Worker

QUANTITIES = (Decimal(1), Decimal(2), Decimal("0.5"), Decimal(3), Decimal(7), Decimal(0), Decimal(-1))
AMOUNTS = (Decimal(5), Decimal(10), Decimal(30), Decimal("60.50"), Decimal(100), Decimal(0), Decimal("0.001"))
MENDS = {
    "approval-missing": "approve_compensation",
    "compensation-unpaid": "pay_compensation",
    "still-committed": "return_stock",
}
"""By the code of a refusal, what clears the way."""
ENDS = frozenset(
    {
        "close_case",
        "close_pool",
        "close_accountability",
        "lift_warning",
        "retire_plan",
        "withdraw_lesson",
        "drop_action",
    }
)
"""What ends a life, and is asked for seldom."""
OFTEN = frozenset(
    {"commit_stock", "offer_compensation", "accept_compensation", "pay_compensation", "propose_plan_change"}
)
"""What is asked for three times as often."""
_SPEAKING = {"publish_statement": "speakers", "approve_statement": "approvers"}
_ROLES = IDS["roles"]


class Hand(Worker):
    """Somebody who works on one aggregate, and knows the incidents beside it."""

    def __init__(
        self,
        seed: int | str,
        plan: Plan,
        history: Sequence[Event],
        state: Any,
        *,
        workflow: Workflow,
        incidents: Sequence[str],
        owner: str = "",
        plans: Sequence[Plan] = (),
        now: Any = None,
    ) -> None:
        super().__init__(seed, plan, history, state)
        self.workflow, self.incidents, self.owner, self.plans, self.now = workflow, incidents, owner, plans, now

    def any_command(self, barred: Barred | None = None) -> Any:
        """Return a command for the aggregate: mostly one that may be asked of it where it stands."""
        if barred is not None and "approvals-missing" in barred.codes:
            return Approve(command=barred.trigger)
        makers, table = COMMANDS[self.workflow.category], self.workflow.table
        mends = [] if barred is None else [MENDS[code] for code in barred.codes if code in MENDS]
        if mends and self.chance(0.8):
            return makers[self.one_of(mends)](self)
        status = self.state.status
        seldom = ENDS if any(rule.n_of > 1 for rule in self.plan.authority) else ENDS | {"approve"}
        enabled = [one for one in makers if table.candidates(status, one) and (one not in seldom or self.chance(0.2))]
        ahead = [one for one in enabled if {step.dest for step in table.candidates(status, one)} - {None, status}]
        chosen = ahead if ahead and self.chance(0.7) else enabled
        chosen = [one for one in chosen for _ in range(3 if one in OFTEN else 1)]
        trigger = self.one_of(chosen if chosen and self.chance(0.95) else tuple(makers))
        return makers[trigger](self)

    def incident(self) -> str:
        """Return the incident that the aggregate belongs to, or another one; of a pool mostly one that holds some."""
        holding = (*getattr(self.state, "commitments", ()), *filter(None, (self.owner,)))
        if holding and self.chance(0.95 if self.owner else 0.6):
            return str(self.one_of(holding))
        return str(self.one_of((*self.incidents, *self.incidents, "nowhere")))

    def quantity(self) -> Decimal:
        return Decimal(self.one_of(QUANTITIES if self.chance(0.3) else QUANTITIES[:4]))

    def worth(self) -> Money:
        """Return an amount, mostly in the currency of the plan's limits."""
        currency = "CNY" if self.chance(0.9) else "EUR"
        return Money(self.one_of(AMOUNTS if self.chance(0.3) else AMOUNTS[:4]), currency)

    def offer(self, *statuses: str) -> int:
        """Return the number of an offer, mostly of one that stands like that."""
        known = [one.number for one in self.state.offers if one.status in statuses]
        return int(self.one_of(known if known and self.chance(0.9) else (1, 2, 9)))

    def draft(self) -> Any:
        """Return a version of the plan, mostly the draft that stands."""
        known = [one.reference for one in self.plans]
        return self.state.draft if self.state.draft is not None and self.chance(0.8) else self.one_of(known)

    def proposal(self) -> dict[str, Any]:
        """Return a proposal to change the plan, with the incident that it came of."""
        open_ones = [key for key, one in self.state.proposals.items() if one.status == "proposed"]
        key = self.one_of(open_ones or ["p-1"])
        known = self.state.proposals.get(key)
        return {"proposal": key, "incident": known.incident if known else None}

    def held(self) -> tuple[str, str]:
        """Return a role and a person, as far as roles are held in what is worked on."""
        return super().held() if hasattr(self.state, "roles") else (self.role(), self.person())

    def word(self) -> Any:
        """Return what leads to a statement that is published: key messages, a draft, its approval."""
        said = self.state.said
        if said.live is None or self.chance(0.1):
            number = len(said.key_messages)
            if number and said.live != number:
                return messages.ApproveKeyMessages(version=number)
            return messages.SetKeyMessages(messages=(self.text(),))
        for key, one in said.statements.items():
            if one.status in ("draft", "approved") and one.wording.key_messages in (None, said.live):
                ready = one.status == "approved" or self.chance(0.1)
                return (statements.PublishStatement if ready else statements.ApproveStatement)(statement=key)
        audience = self.one_of(self.plan.audiences)
        told = dict.fromkeys(("text", "cause", "effect", "measures", "recovery"), "as agreed")
        return statements.DraftStatement(
            statement=f"s-{len(said.statements)}",
            audience=audience.id,
            channel=self.one_of(audience.channels or ("a",)),
            next_update_at=self.now + timedelta(days=9),
            **told,
        )

    def actor(self, command: Any) -> Actor | None:
        """Return who asks: mostly somebody whom a rule of the plan names."""
        if self.chance(0.05):
            return None
        trigger, person = trigger_of(type(command)), self.person()
        named = [rule for rule in self.plan.authority if trigger in rule.commands] if self.chance(0.8) else []
        roles = [role for rule in named for role in rule.roles if role != "anyone"]
        if trigger in _SPEAKING and command.statement in self.state.said.statements and self.chance(0.7):
            told = self.plan.audience(self.state.said.statements[command.statement].audience)
            asked = getattr(told, _SPEAKING[trigger], ())
            roles = [one for one in asked if one in roles or not roles] or roles
        if trigger == "approve_compensation":
            roles = [*roles, "director"]
        role = self.one_of(roles or (*_ROLES, None))
        held = [rule for rule in named if rule.held and role in rule.roles]
        if held and hasattr(self.state, "holders") and self.state.holders(role):
            person = self.one_of(self.state.holders(role))
        if trigger in ("appeal", "accept_action", "refuse_action") and self.chance(0.8):
            person = getattr(self.state, "person", None) or getattr(self.state, "owner", None) or person
        return Actor(person, role, self.one_of(PEOPLE) if self.chance(0.05) else None)


def _opened(a: Hand) -> Any:
    return pool.OpenPool(resource=a.one_of(("a", "b", "c")), quantity=a.one_of((None, None, Decimal(5), Decimal(-1))))


def _offered(a: Hand) -> Any:
    form = a.one_of(("money", "fee_waiver", "extra_service", "praise"))
    return party.OfferCompensation(incident=a.incident(), form=form, amount=a.worth(), text=a.text())


def _recorded(a: Hand) -> Any:
    """Write down a lesson; one of an incident tells its source by that."""
    inside = bool(a.incidents) and a.chance(0.6)
    told = {"incident": a.incident()} if inside else {"source": a.text()}
    return RecordLesson(text=a.text(), tags=("x", "x") if a.chance(0.1) else ("power",), **told)


def _soon(a: Hand) -> Any:
    return a.now + timedelta(days=a.one_of((1, 7, 7, -1)))


def _text(a: Hand) -> dict[str, Any]:
    return {"incident": a.incident(), "reason": a.text()}


def _approval(a: Hand) -> Any:
    return Approve(command=a.one_of([*a.workflow.triggers]))


Maker = Callable[[Hand], Any]
_POOL: Mapping[str, Maker] = {
    "open_pool": _opened,
    "add_stock": lambda a: pool.AddStock(quantity=a.quantity(), reason=a.text()),
    "write_off_stock": lambda a: pool.WriteOffStock(quantity=a.quantity(), reason=a.text()),
    "commit_stock": lambda a: pool.CommitStock(incident=a.incident(), quantity=a.quantity()),
    "use_stock": lambda a: pool.UseStock(incident=a.incident(), quantity=a.quantity()),
    "return_stock": lambda a: pool.ReturnStock(
        incident=a.incident(), quantity=a.quantity(), condition=a.one_of(("usable", "damaged", "lost"))
    ),
    "consume_stock": lambda a: pool.ConsumeStock(incident=a.incident(), quantity=a.quantity()),
    "inspect_pool": lambda a: pool.InspectPool(condition=a.one_of(("usable", "usable", "damaged", "unusable"))),
    "renew_agreement": lambda a: pool.RenewAgreement(until=_soon(a).date()),
    "close_pool": lambda a: pool.ClosePool(reason=a.text()),
    "approve": _approval,
}
_PARTY: Mapping[str, Maker] = {
    "register_affected": lambda a: party.RegisterAffected(incident=a.incident(), customers=a.random.randint(0, 9)),
    "contact_party": lambda a: party.ContactParty(
        incident=a.incident(), channel="line", outcome=a.one_of(("reached", "reached", "unreachable"))
    ),
    "listen": lambda a: party.Listen(incident=a.incident(), need=a.text()),
    "apologise": lambda a: party.Apologise(incident=a.incident(), by=a.person(), form="letter"),
    "offer_compensation": _offered,
    "approve_compensation": lambda a: party.ApproveCompensation(incident=a.incident(), offer=a.offer("open")),
    "accept_compensation": lambda a: party.AcceptCompensation(incident=a.incident(), offer=a.offer("open")),
    "reject_compensation": lambda a: party.RejectCompensation(**_text(a), offer=a.offer("open")),
    "pay_compensation": lambda a: party.PayCompensation(
        incident=a.incident(), offer=a.offer("accepted"), reference=a.text()
    ),
    "settle_case": lambda a: party.SettleCase(incident=a.incident(), solution=a.text()),
    "visit": lambda a: party.Visit(
        incident=a.incident(), outcome=a.one_of(("satisfied", "dissatisfied", "unreachable"))
    ),
    "close_case": lambda a: party.CloseCase(**_text(a)),
    "reopen_case": lambda a: party.ReopenCase(**_text(a)),
    "approve": _approval,
}
_ACTION: Mapping[str, Maker] = {
    "open_action": lambda a: action.OpenAction(
        incident=a.incident(), kind="prevent", text=a.text(), owner=a.person(), due_at=_soon(a)
    ),
    "accept_action": lambda a: action.AcceptAction(incident=a.incident()),
    "refuse_action": lambda a: action.RefuseAction(**_text(a)),
    "assign_action": lambda a: action.AssignAction(**_text(a), owner=a.person()),
    "reschedule_action": lambda a: action.RescheduleAction(**_text(a), due_at=_soon(a)),
    "complete_action": lambda a: action.CompleteAction(incident=a.incident(), evidence=a.text()),
    "verify_action": lambda a: action.VerifyAction(incident=a.incident(), method=a.text()),
    "reopen_action": lambda a: action.ReopenAction(**_text(a), due_at=_soon(a)),
    "drop_action": lambda a: action.DropAction(**_text(a)),
    "approve": _approval,
}
_WARNING: Mapping[str, Maker] = {
    "record_signal": lambda a: warning.RecordSignal(source=a.text(), metric="calls", value=a.random.randint(0, 9)),
    "raise_warning": lambda a: warning.RaiseWarning(
        category=a.one_of(IDS["categories"]), title=a.text(), basis=a.text()
    ),
    "confirm_warning": lambda a: warning.ConfirmWarning(basis=a.text()),
    "prepare": lambda a: warning.Prepare(preparation=a.text()),
    "lift_warning": lambda a: warning.LiftWarning(reason=a.text()),
    "convert_warning": lambda a: warning.ConvertWarning(incident=a.incident()),
    "approve": _approval,
}
_LESSON: Mapping[str, Maker] = {
    "record_lesson": _recorded,
    "revise_lesson": lambda a: ReviseLesson(text=a.text(), reason=a.text()),
    "withdraw_lesson": lambda a: WithdrawLesson(reason=a.text()),
    "approve": _approval,
}
_PLAN: Mapping[str, Maker] = {
    "draft_plan": lambda a: plan_life.DraftPlan(draft=a.one_of(a.plans).reference),
    "approve_plan": lambda a: plan_life.ApprovePlan(approved=a.draft()),
    "record_plan_drill": lambda a: plan_life.RecordPlanDrill(
        drill=a.text(), objectives_met=a.random.randint(0, 2), objectives=2
    ),
    "evaluate_plan": lambda a: plan_life.EvaluatePlan(rating=a.one_of(("adequate", "inadequate", "so so"))),
    "revise_plan": lambda a: plan_life.RevisePlan(
        draft=a.one_of(a.plans).reference, trigger=a.one_of(get_args(RevisionTrigger))
    ),
    "retire_plan": lambda a: plan_life.RetirePlan(reason=a.text()),
    "reassess_risk": lambda a: plan_life.ReassessRisk(
        risk=a.one_of(("a", "b", "c")), likelihood=a.random.randint(0, 5), impact=2, strategy="reduce"
    ),
    "propose_plan_change": lambda a: proposals.ProposePlanChange(
        proposal=a.one_of(("p-1", "p-2")), text=a.text(), incident=a.one_of((None, *a.incidents))
    ),
    "accept_plan_change": lambda a: proposals.AcceptPlanChange(**a.proposal(), revision=a.draft()),
    "reject_plan_change": lambda a: proposals.RejectPlanChange(**a.proposal(), reason=a.text()),
    "approve": _approval,
}
_ACCOUNTABILITY: Mapping[str, Maker] = {
    "open_accountability": lambda a: accountability.OpenAccountability(incident=a.incident(), question=a.text()),
    "determine_responsibility": lambda a: accountability.DetermineResponsibility(
        person=a.person(),
        role=a.one_of(_ROLES),
        responsibility=a.one_of(("responsible", "partly_responsible", "not_responsible", "all")),
        basis=a.text(),
        handling=a.text(),
    ),
    "notify_person": lambda a: accountability.NotifyPerson(channel=a.text()),
    "appeal": lambda a: accountability.Appeal(grounds=a.text()),
    "decide_appeal": lambda a: accountability.DecideAppeal(
        outcome=a.one_of(("upheld", "dismissed", "changed")), reason=a.text(), handling=a.text()
    ),
    "close_accountability": lambda a: accountability.CloseAccountability(reason=a.text()),
    "approve": _approval,
}
COMMANDS: Mapping[str, Mapping[str, Maker]] = {
    "pool": _POOL,
    "party": _PARTY,
    "action": _ACTION,
    "warning": _WARNING,
    "lesson": _LESSON,
    "plan": _PLAN,
    "accountability": _ACCOUNTABILITY,
}
"""By category and trigger, what makes a command."""
