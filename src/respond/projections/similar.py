"""What is like an incident, and why: what both have in common, weighed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from respond.domain.moments import from_microseconds
from respond.errors import InvalidInput
from respond.plan.plan import Plan
from respond.projections.document import Document
from respond.projections.library import Item, Kin, Kind
from respond.projections.terms import terms_of

SIMILAR_MAX = 500
"""How many items that share something are weighed, the newest."""
LIMIT_MAX = 100
_TERMS_MAX = 32
"""How many terms of an incident are looked for: the longest, which are the rarest."""
_CATEGORY, _ANCESTOR, _LEVEL, _SITE, _FACET, _WORDS = 4, 2, 1, 3, 2, 10
"""What is worth how much: the words as many as all of them are worth."""


@attrs.frozen(kw_only=True)
class Similar(Document):
    """An incident or a lesson that is like an incident."""

    kind: Kind
    key: str
    """The id of the incident, or the key of the lesson."""
    number: str | None
    """Of an incident."""
    title: str
    """Of an incident; the text of a lesson."""
    recorded_at: datetime
    incident: str | None
    """The id of the incident that teaches a lesson."""
    score: int
    because: tuple[str, ...]
    """What both have in common, in sentences."""
    shared: tuple[str, ...]
    """The words in common, those of one sign left out."""


def kin_of(item: Item, plan: Plan) -> Kin:
    """Return what another item must share with *item*: the family of its category, its site, or a word."""
    categories = () if item.category is None else _family(item.category, plan)
    words = sorted(_telling(item), key=lambda term: (-len(term), term))[:_TERMS_MAX]
    return Kin(categories=frozenset(categories), site=item.site, terms=frozenset(words))


def _family(category: str, plan: Plan) -> set[str]:
    """Return *category*, what it refines, and all that refine one of these."""
    line = {category, *plan.ancestors(category)}
    return line | {one.id for one in plan.categories if not line.isdisjoint(plan.ancestors(one.id))}


def ranked(item: Item, others: Iterable[Item], plan: Plan, *, limit: int) -> tuple[Similar, ...]:
    """Return up to *limit* of *others*, the most like *item* first, of those alike the newest; raises `InvalidInput`.

    What *item* teaches itself is left out.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidInput(f"{limit} is not between 1 and {LIMIT_MAX}", place="limit", value=limit)
    apart = [one for one in others if one.stream != item.stream and one.incident != item.key]
    weighed = sorted(
        (weigh(item, one, plan) for one in apart), key=lambda one: (one.score, one.recorded_at), reverse=True
    )
    return tuple(one for one in weighed if one.score > 0)[:limit]


def weigh(item: Item, other: Item, plan: Plan) -> Similar:
    """Return how like *item* the *other* one is, and why."""
    told = list(_kinds_in_common(item, other, plan))
    if item.level is not None and other.level == item.level:
        told.append((_LEVEL, f"both were level {item.level}"))
    if item.site is not None and other.site == item.site:
        told.append((_SITE, f"both happened at {item.site}"))
    facets = sorted(item.aspects & other.aspects)
    if facets:
        told.append((_FACET * len(facets), f"both have {', '.join(facets)}"))
    mine, shared = _telling(item), sorted(_telling(item) & _telling(other))
    if shared:
        told.append((max(1, _WORDS * len(shared) // len(mine)), f"{len(shared)} of {len(mine)} words are the same"))
    return Similar(
        kind=other.kind,
        key=other.key,
        number=f"INC-{other.position}" if other.kind == "incident" else None,
        title=other.title,
        recorded_at=from_microseconds(other.recorded_us),
        incident=other.incident,
        score=sum(worth for worth, _ in told),
        because=tuple(text for _, text in told),
        shared=tuple(shared),
    )


def _kinds_in_common(item: Item, other: Item, plan: Plan) -> Iterator[tuple[int, str]]:
    """Yield what the categories of both have in common, and what it is worth."""
    if item.category is None or other.category is None:
        return
    if other.category == item.category:
        yield _CATEGORY, f"both are {item.category}"
        return
    line = (item.category, *plan.ancestors(item.category))
    common = next((one for one in (other.category, *plan.ancestors(other.category)) if one in line), None)
    if common is not None:
        yield _ANCESTOR, f"both are kinds of {common}"


def _telling(item: Item) -> frozenset[str]:
    """Return the terms of *item* that tell something: one sign alone does not."""
    return frozenset(term for term in terms_of(item.text) if len(term) > 1)
