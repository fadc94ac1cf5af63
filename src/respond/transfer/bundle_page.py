"""The page of an archive bundle: what people read of it, in Markdown.  Stored text cannot pass for markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from respond.domain.escaping import escaped
from respond.projections.milestones import numbered

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&])")


def markdown(value: Any) -> str:
    """Return *value* as text in which nothing is markup; nothing for None."""
    return "" if value is None else _MARKUP.sub(r"\\\1", escaped(str(value)))


def page(bundle: Mapping[str, Any]) -> str:
    """Return the page of *bundle*, as `respond.transfer.bundle.bundle` returns it."""
    return "\n".join(_lines(bundle)) + "\n"


def _lines(bundle: Mapping[str, Any]) -> Iterator[str]:
    review = bundle["review"]
    yield f"# {markdown(bundle['number'])}: {markdown(review['title'])}"
    yield ""
    yield from _pairs(
        {
            "state": review["status"],
            "category": review["category"],
            "level": review["level"],
            "plan": _reference(bundle["plan"]),
            "resolution": review["resolution"],
            "review": review["summary"],
            "made at": bundle["made_at"],
            "head of the log": f"#{bundle['head']['position']}",
            "events": len(bundle["events"]),
            "digest of all leaves": bundle["leaves"],
        }
    )
    yield from _table("Timeline", ("when", "who", "what", "event"), _timeline(bundle["timeline"]["entries"]))
    yield from _table("Milestones", ("when", "what"), ([one["at"], _named(one)] for one in review["milestones"]))
    owed = ("obligation", "occurrence", "due_at", "done_at", "verdict")
    yield from _table(
        "What was owed",
        ("obligation", "occurrence", "due", "done", "what became of it"),
        ([one[name] for name in owed] for one in bundle["obligations"]),
    )
    yield from _table(
        "Affected parties",
        ("party", "customers", "state"),
        ([key, one["customers"], one["status"]] for key, one in bundle["parties"].items()),
    )
    yield from _table(
        "Action items",
        ("due", "state", "owner", "what"),
        ([one[name] for name in ("due_at", "status", "owner", "text")] for one in bundle["actions"].values()),
    )
    yield from _table(
        "Resources",
        ("resource", "asked for", "came", "used", "used up"),
        (
            [key, *(_number(one[name]) for name in ("requested", "committed", "used", "consumed"))]
            for key, one in bundle["resources"].items()
        ),
    )
    yield from _table(
        "For people to fill in", ("blank", "question"), ([one["name"], one["question"]] for one in review["blanks"])
    )


def _timeline(entries: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    for one in entries:
        gone = " (retracted)" if one["retracted_by"] else ""
        pinned = " (pinned)" if one["pinned"] else ""
        yield [one["happened_at"], one["actor"], f"{one['text']}{gone}{pinned}", f"#{one['position']}"]


def _named(milestone: Mapping[str, Any]) -> str:
    return numbered(milestone["name"], milestone["ordinal"])


def _reference(reference: Mapping[str, Any]) -> str:
    return f"{reference['name']}@{reference['version']}"


def _number(value: Any) -> str:
    return str(value["$dec"] if isinstance(value, Mapping) else value)


def _pairs(told: Mapping[str, Any]) -> Iterator[str]:
    for name, value in told.items():
        if value not in {None, ""}:
            yield f"* {name}: {markdown(value)}"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield a table under its title; none without rows."""
    written = [f"| {' | '.join(map(markdown, row))} |" for row in rows]
    if written:
        yield from ("", f"## {title}", "", f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *written)
