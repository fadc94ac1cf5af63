"""Chains: obligations whose clocks start at the discharge of others, and on which calendars they are counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from respond.errors import InvalidPlan
from respond.plan.obligations import Clock, Obligation


def refuse_unsound(
    obligations: Sequence[Obligation], calendars: Collection[str], *, implied: Iterable[Obligation] = ()
) -> None:
    """Raise `InvalidPlan` for a clock that can never start, a circle of clocks, or a calendar that is not there.

    Clocks may wait for the *implied* obligations too.
    """
    links = {one.id: [clock.of for clock in one.due if clock.of is not None] for one in (*obligations, *implied)}
    endless = _endless(links)
    for index, one in enumerate(obligations):
        place = f"obligations[{index}]"
        if not one.due:
            raise InvalidPlan(
                'must hold a clock; write [{from = "aware", within = "1 h"}]', place=f"{place}.due", flaw="value-empty"
            )
        refuse_unknown(one.calendar, calendars, f"{place}.calendar")
        for number, clock in enumerate(one.due):
            _refuse(one.id, clock, links, endless, f"{place}.due[{number}].of")


def refuse_unknown(calendar: str | None, calendars: Collection[str], place: str) -> None:
    """Raise `InvalidPlan` for a *calendar* that is named at *place* and is none of *calendars*."""
    if calendar is not None and calendar not in calendars:
        raise InvalidPlan(
            f"{calendar!r} is not a calendar of the plan; write one of those under [[calendars]]",
            place=place,
            value=calendar,
            flaw="calendar-unknown",
        )


def _refuse(owner: str, clock: Clock, links: Mapping[str, Sequence[str]], endless: Collection[str], place: str) -> None:
    if (clock.from_ == "discharged") != (clock.of is not None):
        raise InvalidPlan(
            'write `of`, the id of another obligation, with from = "discharged", and with no other fact',
            place=place,
            value=clock.of,
            flaw="obligation-unknown",
        )
    if clock.of is None:
        return
    if clock.of not in links:
        raise InvalidPlan(
            f"{clock.of!r} is not an obligation of the plan; write the id of one",
            place=place,
            value=clock.of,
            flaw="obligation-unknown",
        )
    if owner in endless and owner in _reached(clock.of, links):
        raise InvalidPlan(
            f"{owner!r} waits for itself, by way of {clock.of!r}; write a fact that comes before",
            place=place,
            value=clock.of,
            flaw="deadline-cycle",
        )


def _endless(links: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return the obligations that wait, by however many others, for one in a circle."""
    waiting = {owner: sum(1 for of in set(ofs) if of in links) for owner, ofs in links.items()}
    followers: dict[str, list[str]] = {}
    for owner, ofs in links.items():
        for of in set(ofs):
            followers.setdefault(of, []).append(owner)
    ended = [owner for owner, count in waiting.items() if count == 0]
    for one in ended:
        for follower in followers.get(one, ()):
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ended.append(follower)
    return frozenset(links).difference(ended)


def _reached(start: str, links: Mapping[str, Sequence[str]]) -> set[str]:
    """Return *start* and all obligations for which it waits."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead += links.get(one, ())
    return reached
