"""Random plans for everything that an engine does: who may speak, pay and close is drawn with care."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import attrs

from plan_strategies import IDS, REFERRED, SECTIONS, Maker, seeded_plan
from respond.domain.money import Money
from respond.engine.definitions import SHIPPED
from respond.plan.authority import ANYONE, AuthorityRule
from respond.plan.communication import Audience, Channel
from respond.plan.customer_care import CompensationLimit, CustomerCare
from respond.plan.organisation import Role
from respond.plan.plan import Plan
from respond.plan.resources import Resource
from respond.plan.scenario import Inject, Message, Objective, Observed, Scenario
from respond.plan.spans import Span

WATCHED = (
    *("publish_statement", "approve_statement", "pay_compensation", "approve_compensation"),
    *("close_review", "close_case", "close_pool", "close_accountability", "commit_stock"),
)
"""The commands for which some plans have rules of their own; some of them name nobody."""
_BEFORE = (
    "draft_statement",
    "approve_statement",
    "offer_compensation",
    "register_affected",
    "open_review",
    "open_pool",
)
"""The commands whose actor some rules exclude from another one."""
_OTHERS = tuple(dict.fromkeys(one for workflow in SHIPPED for one in workflow.triggers if one not in WATCHED))
_LIGHT = ("obligations", "measures", "extension_fields", "teams", "notices", "indicators", "follow_up")
"""The sections that stand in the way most often: half of the plans are without them."""
_LIMITS = (Decimal(40), Decimal(120))
SPEAKERS = ("clerk", "director")


def whole_plan(seed: int, name: str = "drawn") -> Plan:
    """Return the plan that comes from *seed*, with every section, or without some that stand in the way."""
    maker = Maker(f"{name} {seed}")
    left_out = _LIGHT if maker.chance() else ()
    random = Random(seed)
    seeds = {one: 0 if one in left_out else random.randrange(1, 2**32) for one in (*REFERRED, *SECTIONS)}
    plan = seeded_plan(seeds, name=name)
    return attrs.evolve(
        plan,
        roles=_roles(plan),
        resources=tuple(_resource(maker, one) for one in ("a", "b")),
        audiences=tuple(_audience(maker, one) for one in IDS["audiences"]),
        channels=tuple(Channel(id=one, title=one, medium="website") for one in ("a", "b")),
        customer_care=_care(maker),
        authority=_authority(maker),
        activation=None,
    )


def _roles(plan: Plan) -> tuple[Role, ...]:
    """Return the roles of the plan, and those that it lacks."""
    known = {one.id for one in plan.roles}
    return (*plan.roles, *(Role(id=one, title=one) for one in IDS["roles"] if one not in known))


def _resource(maker: Maker, name: str) -> Resource:
    made: Resource = maker.part(Resource, id=name, quantity=maker.random.randint(0, 9), amount=None)
    return made


def _audience(maker: Maker, name: str) -> Audience:
    """Return an audience; of three there is mostly one to which only some may speak."""
    kind = maker.one_of(("media", "public", "customers", "staff"))
    speakers = maker.some(SPEAKERS, at_least=1) if maker.chance(0.8) else ()
    approvers = maker.some(SPEAKERS) if maker.chance(0.3) else ()
    silence = maker.plain(maker.one_of((None, maker.soon())))
    return Audience(
        id=name,
        title=name,
        kind=kind,
        channels=maker.some(("a", "b"), at_least=1),
        speakers=speakers,
        approvers=approvers,
        longest_silence=silence,
    )


def _care(maker: Maker) -> CustomerCare:
    """Return what is owed to customers; mostly with limits in one currency."""
    roles = maker.some(SPEAKERS, at_least=1) if maker.chance(0.8) else ()
    limits = tuple(
        CompensationLimit(role=role, up_to=Money(most, "CNY")) for role, most in zip(roles, _LIMITS, strict=False)
    )
    return CustomerCare(limits=limits, apology=maker.chance(0.2))


def _authority(maker: Maker) -> tuple[AuthorityRule, ...]:
    """Return no rules; or one that lets everybody do what is not watched, and some for what is."""
    if maker.chance(0.15):
        return ()
    made: list[AuthorityRule] = []
    for number in range(maker.random.randint(1, 4)):
        rule: AuthorityRule = maker.part(AuthorityRule, id=f"strict {number}", commands=maker.some(WATCHED, at_least=1))
        made.append(
            attrs.evolve(
                rule,
                levels=rule.levels if maker.chance(0.3) else (),
                up_to=_up_to(maker),
                n_of=maker.one_of((1, 1, 1, 2)),
                different_actor=maker.some(_BEFORE, most=1) if maker.chance(0.4) else (),
            )
        )
    free = AuthorityRule(id="free", commands=(*_OTHERS, *maker.some(WATCHED, most=6)), roles=(ANYONE,))
    return (*made, free)


def _up_to(maker: Maker) -> Money | None:
    chosen: Money | None = maker.one_of((None, None, Money(Decimal(60), "CNY"), Money(Decimal(500), "EUR")))
    return chosen


def scenario_of(plan: Plan, **more: Any) -> Scenario:
    """Return a scenario for *plan*."""
    return Scenario(
        name="smoke",
        version="1",
        title="Smoke",
        plan=plan.name,
        injects=(
            Inject(
                id="call",
                title="A call",
                command="report",
                data={"category": plan.categories[0].id, "title": "Drill: smoke"},
            ),
            Inject(
                id="signal",
                title="A signal",
                after=Span(10, "minute"),
                signal=Observed(warning="one", source="staff", metric="calls", value=3),
            ),
            Inject(id="press", title="Press", after=Span(1, "hour"), message=Message(to="clerk", text="What burns?")),
        ),
        objectives=(
            Objective(id="ack", title="Taken up", act="acknowledge", within=Span(15, "minute")),
            Objective(id="led", title="Led", role="commander", within=Span(20, "minute"), points=2),
        ),
        **more,
    )
