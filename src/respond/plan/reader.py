"""Read a plan from TOML, with the calendars that it names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from respond.errors import InvalidPlan
from respond.plan.calendars import Calendar, CalendarName
from respond.plan.files import read_file
from respond.plan.tables import value_of

if TYPE_CHECKING:
    from respond.plan.plan import Plan

PlanT = TypeVar("PlanT", bound="Plan")

FILE_MAX = 4 * 1024 * 1024
"""The largest plan file, in bytes."""

SHIPPED = Path(__file__).parent / "shipped"
"""Where the plans, calendars and obligation profiles lie that come with respond."""


def read_plan(plan: type[PlanT], path: Path) -> PlanT:
    """Return the plan in the file at *path*; raises `InvalidPlan`."""
    return read_file(path, partial(plan_of, plan, folder=path.parent), bytes_max=FILE_MAX, invalid=InvalidPlan)


def read_calendar(path: Path) -> Calendar:
    """Return the calendar in the file at *path*; raises `InvalidPlan`."""
    return read_file(path, lambda document: value_of(Calendar, document, ""), bytes_max=FILE_MAX, invalid=InvalidPlan)


def plan_of(plan: type[PlanT], document: Mapping[str, Any], *, folder: Path | None = None) -> PlanT:
    """Return the plan that the mapping *document* describes; its own calendars are looked for in *folder* first.

    Raises `InvalidPlan` that names the key.
    """
    given = document.get("calendars", [])
    if not isinstance(given, list):
        raise InvalidPlan("must be tables; write [[calendars]]", place="calendars", value=given)
    calendars = [_calendar(body, f"calendars[{index}]", folder) for index, body in enumerate(given)]
    read = value_of(plan, {name: value for name, value in document.items() if name != "calendars"}, "")
    return read.with_calendars(calendars) if calendars else read


def _calendar(body: object, place: str, folder: Path | None) -> Calendar:
    if isinstance(body, Mapping) and "zone" in body:
        return value_of(Calendar, body, place)
    name = value_of(CalendarName, body, place)
    file = f"{name.name}@{name.version}.toml"
    for home in (folder, SHIPPED / "calendars"):
        if home is not None and (home / file).is_file():
            found = read_calendar(home / file)
            if (found.name, found.version) != (name.name, name.version):
                raise InvalidPlan(f"{file} holds {found.name}@{found.version}", place=place, value=file)
            return found
    raise InvalidPlan(
        f"no calendar {file} lies beside the plan, and none comes with respond",
        place=place,
        value=file,
        flaw="calendar-missing",
    )
