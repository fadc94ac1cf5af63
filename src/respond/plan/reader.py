"""Read a plan from TOML, with the calendars and the obligation profiles that it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from respond.errors import InvalidPlan, PlanNotFound
from respond.plan.calendars import Calendar, CalendarName
from respond.plan.files import read_file
from respond.plan.profiles import Profile
from respond.plan.tables import refuse_many, value_of

if TYPE_CHECKING:
    from respond.plan.plan import Plan

PlanT = TypeVar("PlanT", bound="Plan")
DatedT = TypeVar("DatedT", Calendar, Profile)
OneT = TypeVar("OneT")

FILE_MAX = 4 * 1024 * 1024
"""The largest plan file, in bytes."""

SHIPPED = Path(__file__).parent / "shipped"
"""Where the plans, calendars and obligation profiles lie that come with respond."""

_NAMED = re.compile(r"[^/\\@\0]+@[^/\\@\0]+")
"""A name and a version that a file may bear; never a path."""


def shipped_plan(name: str) -> Path:
    """Return where the newest plan of this name lies that ships with respond, or the one of `name@version`."""
    return newest(SHIPPED, "plan", name)


def newest(folder: Path, what: str, name: str) -> Path:
    """Return the file of *name* in *folder*, which ships with respond: the newest version, or that of `name@version`.

    Raises `PlanNotFound` that lists them; *what* they are is said in it.
    """
    paths = {path.stem: path for path in folder.glob("*.toml")}
    found = [stem for stem in paths if name in {stem, stem.partition("@")[0]}]
    if not found:
        raise PlanNotFound(f"no {what} {name!r} ships with respond; it comes with {', '.join(sorted(paths))}")
    return paths[max(found, key=lambda stem: int(stem.partition("@")[2]))]


def read_plan(plan: type[PlanT], path: Path) -> PlanT:
    """Return the plan in the file at *path*; raises `InvalidPlan`."""
    return read_file(path, partial(plan_of, plan, folder=path.parent), bytes_max=FILE_MAX, invalid=InvalidPlan)


def read_calendar(path: Path) -> Calendar:
    """Return the calendar in the file at *path*; raises `InvalidPlan`."""
    return read_file(path, lambda document: value_of(Calendar, document, ""), bytes_max=FILE_MAX, invalid=InvalidPlan)


def read_profile(path: Path) -> Profile:
    """Return the obligation profile in the file at *path*; raises `InvalidPlan`."""
    return read_file(path, partial(_profile_of, folder=path.parent), bytes_max=FILE_MAX, invalid=InvalidPlan)


def plan_of(plan: type[PlanT], document: Mapping[str, Any], *, folder: Path | None = None) -> PlanT:
    """Return the plan that the mapping *document* describes, with the obligations of its profiles behind its own.

    The calendars and profiles that it names are looked for in *folder* first, then among those that come with respond.
    Raises `InvalidPlan` that names the key.
    """
    rest, calendars = _calendars(document, folder)
    profiles = [_found("profile", name, place, folder, read_profile) for name, place in _profiles(rest)]
    return value_of(plan, _merged({**rest, "calendars": calendars}, profiles), "")


def _profiles(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of profiles, each with its place; what is none is refused with the other keys."""
    given = document.get("profiles", [])
    named = given if isinstance(given, list) else []
    refuse_many(len(named), "profiles")
    seen: set[str] = set()
    for index, name in enumerate(named):
        if not isinstance(name, str):
            continue
        place = f"profiles[{index}]"
        bare = name.partition("@")[0]
        if bare in seen:
            message = f"{bare!r} stands twice; name it once, in one version"
            raise InvalidPlan(message, place=place, value=name, flaw="id-twice")
        seen.add(bare)
        yield name, place


def _merged(document: dict[str, Any], profiles: list[Profile]) -> dict[str, Any]:
    """Return *document* with what *profiles* bring; of audiences and calendars it keeps what it has."""
    audiences = {one.id: one for profile in profiles[::-1] for one in profile.audiences}
    calendars = {one.name: one for profile in profiles[::-1] for one in profile.calendars}
    own = [body.get("id") for body in _listed(document, "audiences") if isinstance(body, Mapping)]
    brought: dict[str, list[Any]] = {
        "obligations": [one for profile in profiles for one in profile.owed()],
        "audiences": list(_besides(audiences, own)),
        "calendars": list(_besides(calendars, [one.name for one in document["calendars"]])),
    }
    return document | {section: [*_listed(document, section), *parts] for section, parts in brought.items() if parts}


def _listed(document: Mapping[str, Any], section: str) -> list[Any]:
    given = document.get(section, [])
    return given if isinstance(given, list) else [given]


def _besides(brought: Mapping[str, OneT], own: list[Any]) -> Iterator[OneT]:
    return (one for key, one in sorted(brought.items()) if key not in own)


def _profile_of(document: Mapping[str, Any], *, folder: Path | None) -> Profile:
    rest, calendars = _calendars(document, folder)
    return attrs.evolve(value_of(Profile, rest, ""), calendars=tuple(calendars))


def _calendars(document: Mapping[str, Any], folder: Path | None) -> tuple[dict[str, Any], list[Calendar]]:
    """Return *document* without its calendars, and those."""
    given = document.get("calendars", [])
    if not isinstance(given, list):
        raise InvalidPlan("must be tables; write [[calendars]]", place="calendars", value=given)
    refuse_many(len(given), "calendars")
    calendars = [_calendar(body, f"calendars[{index}]", folder) for index, body in enumerate(given)]
    return {name: value for name, value in document.items() if name != "calendars"}, calendars


def _calendar(body: object, place: str, folder: Path | None) -> Calendar:
    if isinstance(body, Mapping) and "zone" in body:
        return value_of(Calendar, body, place)
    name = value_of(CalendarName, body, place)
    found = _found("calendar", f"{name.name}@{name.version}", place, folder, read_calendar)
    return found if name.week_until is None else attrs.evolve(found, week_until=name.week_until)


def _found(what: str, named: str, place: str, folder: Path | None, read: Callable[[Path], DatedT]) -> DatedT:
    """Return the *what* of this name and version: beside the plan, else among those that come with respond."""
    if not _NAMED.fullmatch(named):
        message = f"{named!r} must be a name, @ and a version, such as gdpr@1"
        raise InvalidPlan(message, place=place, value=named, flaw=f"{what}-missing")
    file = f"{named}.toml"
    for home in (folder, SHIPPED / f"{what}s"):
        if home is not None and (home / file).is_file():
            try:
                found = read(home / file)
            except InvalidPlan as error:
                raise InvalidPlan(str(error), place=place, value=file, flaw=error.flaw) from error
            if f"{found.name}@{found.version}" != named:
                raise InvalidPlan(f"{file} holds {found.name}@{found.version}", place=place, value=file)
            return found
    shipped = ", ".join(sorted(path.stem for path in (SHIPPED / f"{what}s").glob("*.toml")))
    raise InvalidPlan(
        f"no {what} {file} lies beside the plan; respond comes with {shipped}; write one of those, or put it there",
        place=place,
        value=file,
        flaw=f"{what}-missing",
    )
