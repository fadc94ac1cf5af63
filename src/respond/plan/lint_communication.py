"""Lint: who is told what by whom, and what customers are offered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import get_args, get_type_hints

from respond.plan.communication import PUBLIC, KeyMessage, NoticeRule
from respond.plan.customer_care import CompensationLimit
from respond.plan.finding import Finding, found
from respond.plan.plan import Plan

_STAGES: tuple[str, ...] = get_args(get_type_hints(KeyMessage)["stage"])


def communication(plan: Plan) -> Iterator[Finding]:
    """Yield audiences that nobody reaches or speaks to, and stages without a key message."""
    for index, audience in enumerate(plan.audiences):
        place = f"audiences[{index}]"
        if not audience.channels:
            yield found("audience-without-channel", place, f'nothing reaches {audience.id!r}; write channels = ["…"]')
        if not audience.speakers:
            yield found(
                "audience-without-speaker", place, f'nobody may speak to {audience.id!r}; write speakers = ["…"]'
            )
    if not plan.audiences:
        return
    spoken = {audience.kind for audience in plan.audiences if audience.speakers}
    if spoken.isdisjoint(PUBLIC):
        yield found(
            "media-without-speaker",
            "audiences",
            "nobody speaks to the media or the public; add an audience of the kind media, with the one who speaks",
        )
    told = {message.stage for message in plan.key_messages}
    for stage in _STAGES:
        if stage not in told:
            yield found(
                "key-message-missing",
                "key_messages",
                f"no key message is for the stage {stage!r}; add [[key_messages]] with stage = {stage!r}",
            )


def notices(plan: Plan) -> Iterator[Finding]:
    """Yield lines of the communication matrix that tell nobody, or people outside, or by a channel that fails."""
    for index, rule in enumerate(plan.notices):
        place = f"notices[{index}]"
        if len(rule.addressees) != 1:
            named = ", ".join(rule.addressees) or "nobody"
            yield found(
                "notice-addressee", place, f"{rule.id!r} tells {named}; write one of audience, role and department"
            )
        yield from _to_audience(plan, rule, place)


def _to_audience(plan: Plan, rule: NoticeRule, place: str) -> Iterator[Finding]:
    audience = None if rule.audience is None else plan.audience(rule.audience)
    if audience is None:
        return
    if not audience.inside:
        yield found(
            "notice-outside",
            f"{place}.audience",
            f"{audience.id!r} are {audience.kind}, who are told by statements; leave the line out",
        )
    for number, channel in enumerate(rule.channels):
        if channel not in audience.channels:
            yield found(
                "channel-unfit",
                f"{place}.channels[{number}]",
                f"{channel!r} does not reach {audience.id!r}; write one of {', '.join(audience.channels) or 'none'}",
            )


def compensation(plan: Plan) -> Iterator[Finding]:
    """Yield limits of compensation that contradict each other, or leave the highest role without one."""
    if plan.customer_care is None or not plan.customer_care.limits:
        return
    limits = plan.customer_care.limits
    place = "customer_care.limits"
    currencies = sorted({limit.up_to.currency for limit in limits})
    if len(currencies) > 1:
        yield found("compensation-currencies", place, f"the limits are in {', '.join(currencies)}; write one currency")
        return
    for index, limit in enumerate(limits):
        if limit.role in {one.role for one in limits[:index]}:
            yield found("compensation-twice", f"{place}[{index}].role", f"{limit.role!r} has two limits; leave one")
    ranks = {role.id: role.rank for role in plan.roles if role.rank is not None and not role.reads_only}
    highest = [role for role, rank in ranks.items() if rank == min(ranks.values())]
    if highest and not any(limit.role in highest for limit in limits):
        yield found(
            "compensation-missing",
            place,
            f"{' or '.join(highest)} ranks highest and has no limit, so nobody decides the rest; write one",
        )
    yield from _reversed(limits, ranks)


def _reversed(limits: tuple[CompensationLimit, ...], ranks: dict[str, int]) -> Iterator[Finding]:
    ranked = sorted((limit for limit in limits if limit.role in ranks), key=lambda limit: ranks[limit.role])
    for higher, lower in pairwise(ranked):
        if ranks[higher.role] < ranks[lower.role] and lower.up_to.amount > higher.up_to.amount:
            yield found(
                "compensation-reversed",
                f"customer_care.limits[{limits.index(lower)}].up_to",
                f"{lower.role!r} may offer {lower.up_to}, more than the higher {higher.role!r}; "
                f"write {higher.up_to} at most",
            )
