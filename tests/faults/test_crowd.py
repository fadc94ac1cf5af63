"""Eight processes write to one log while four follow it."""

from __future__ import annotations

import pytest

from crowd import READERS, WRITERS, Opening, Outcome, RightLog, WrongLog, event_id, follow, meet
from fault_sizes import size_of
from respond.audit.check import check
from sql_logs import opened
from ticker import TICKER

WAYS = [("sqlite", None), ("postgresql", "statement"), ("postgresql", "transaction"), ("mariadb", None)]
NUMBERED = {
    "sqlite": None,
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "mariadb": "BIGINT AUTO_INCREMENT PRIMARY KEY",
}


def faults(outcome: Outcome, opening: Opening, total: int) -> list[str]:
    """Return what is wrong with what the crowd saw, and was told; nothing when all is well."""
    ids: list[str] = []
    with opening() as log:
        whole = follow(log, lambda: True, keep=ids.append)
    found = [] if len(ids) == total else [f"{len(ids)} events are there, {total} were written"]
    if list(whole.positions) != list(range(1, total + 1)):
        found.append("the log has holes")
    for number, sight in enumerate(outcome.seen):
        if sight.positions != whole.positions:
            found.append(f"reader{number} saw {len(set(sight.positions))} positions of {len(ids)}")
        elif sight.digest != whole.digest:
            found.append(f"reader{number} saw other events than are there now")
    for writer, appends in outcome.written.items():
        for first, count, place in appends:
            if ids[place - 1 : place - 1 + count] != [event_id(writer, first + n) for n in range(count)]:
                found.append(f"{writer}: {count} from {first} are not at {place}")
    return found


@pytest.mark.parametrize(("database", "path"), WAYS, ids=str)
def test_every_reader_sees_the_same(database, path, told, request):
    """Whoever follows the log sees every event once, in the order of the log, where its writer was told that it is."""
    opening = RightLog(request.getfixturevalue(f"{database}_url"), path)
    singles, batched = size_of("crowd-single"), size_of("crowd-batched")
    with opened(opening.url) as store:
        outcome = meet(opening, singles=singles, batched=batched)
        assert not faults(outcome, opening, singles + batched)
        assert check(store, workflows=[TICKER]).clean
    case = database if path is None else f"{database}, {path}"
    told("crowd-single", case=case, rounds=singles, readers=READERS, writers=WRITERS)
    told("crowd-batched", case=case, rounds=batched, readers=READERS, writers=WRITERS)


@pytest.mark.parametrize("database", NUMBERED)
def test_control(database, told, request):
    """Readers of a table that the database numbers miss events that were committed late; the same check says so."""
    opening = WrongLog(request.getfixturevalue(f"{database}_url"), NUMBERED[database])
    opening.create()
    total = size_of("crowd-control")
    outcome = meet(opening, singles=total, batched=0)
    found = faults(outcome, opening, total)
    missed = sum(total - len(sight.positions) for sight in outcome.seen)
    assert missed > 0
    assert any("reader" in fault for fault in found)
    told("crowd-control", case=f"control, {database}", rounds=total, missed=missed)
