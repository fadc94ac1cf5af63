from __future__ import annotations

import pytest

from respond.engine.clock import system_clock
from respond.store.checkpoint import PAUSED
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.schema import tables
from sql_logs import opened


@pytest.fixture
def desk(cli):
    """Return the command line on a log of three events, a projection and a publisher that left out some of them."""
    for title in ("A", "B", "C"):
        cli.ask("report", "--category", "other", "--title", title)
    for name in ("board", "publisher:bus"):
        behind(cli, name, left_out=2)
    return cli


def behind(cli, name: str, *, left_out: int, tenant: str = "default", position: int = 0) -> None:
    """Let reader *name* leave out as many events, and leave it behind the last one."""
    with opened(cli.url, tenant=tenant) as store, store.transaction() as connection:
        checkpoints = Checkpoints(tables(), tenant)
        checkpoints.create(connection, name, 1, now=system_clock(), position=position)
        held = checkpoints.claim(connection, name, 1, owner="a", now=system_clock(), lease_seconds=9)
        for row in store.read_all()[:left_out]:
            checkpoints.dead_letter(connection, held, row, "torn", now=system_clock())
            held = checkpoints.advance(connection, held, row.position, now=system_clock())
        checkpoints.release(connection, name, owner="a", now=system_clock())


def letters(cli, *arguments: object) -> list[tuple[str, int]]:
    """Return name and position of the dead letters that are listed."""
    return [(one["name"], one["position"]) for one in cli.ask("readers", "dead-letters", *arguments)["dead_letters"]]


def test_readers_are_listed(desk):
    """Every projection and publisher is listed as `status` tells of it, those of one tenant."""
    behind(desk, "theirs", left_out=0, tenant="shop")
    listed = desk.ask("readers", "list")["readers"]
    assert [(one["name"], one["position"], one["lag"], one["dead_letters"]) for one in listed] == [
        ("board", 2, 1, 2),
        ("publisher:bus", 2, 1, 2),
    ]
    assert set(listed[0]) == set(desk.ask("status", status=1)["checkpoints"][0])
    assert "publisher:bus" in desk.text("readers", "list")
    assert [one["name"] for one in desk.ask("readers", "list", "--tenant", "shop")["readers"]] == ["theirs"]


def test_dead_letters_are_listed(desk):
    """They are listed by position with their error, for all or for one name, and past a position."""
    assert letters(desk) == [("board", 1), ("publisher:bus", 1), ("board", 2), ("publisher:bus", 2)]
    assert letters(desk, "board", "--after", 1) == [("board", 2)]
    page = desk.text("readers", "dead-letters", "board")
    assert "2 dead letters" in page
    assert "torn" in page
    assert desk.refusal("readers", "dead-letters", "bord", status=1)["code"] == "not-found"


def test_settled_letters_are_no_danger_any_more(desk):
    """`status` ends with 0 once every letter is settled; all that are named are, or none."""
    error = desk.refusal("readers", "settle", "board", 1, 3, status=1)
    assert "board has no dead letter at position 3" in error["message"]
    assert letters(desk, "board") == [("board", 1), ("board", 2)]
    settled = desk.ask("readers", "settle", "board", 1, 2, 2)["settled"]
    assert [one["position"] for one in settled] == [1, 2]
    assert len(desk.ask("status", status=1)["dangers"]) == 1
    assert "1 dead letter of publisher:bus settled" in desk.text("readers", "settle", "publisher:bus", 1)
    desk.ask("readers", "settle", "publisher:bus", 2)
    assert desk.ask("status")["dead_letters"] == 0


def test_what_a_projection_is_paused_before_is_not_settled(desk):
    """A projection keeps the event that it is paused at as a dead letter: it goes on from there, or past it."""
    with opened(desk.url) as store, store.transaction() as connection:
        checkpoints = Checkpoints(tables(), store.tenant)
        checkpoints.set_status(connection, "board", 1, PAUSED, now=system_clock(), position=1)
    assert "respond projection resume board" in desk.refusal("readers", "settle", "board", 2, status=2)["message"]
    desk.ask("readers", "settle", "board", 1)
    assert letters(desk, "board") == [("board", 2)]


def test_an_abandoned_publisher_is_forgotten(desk):
    """Its checkpoint and letters are gone, and its name begins anew; nobody else's are."""
    document = desk.ask("readers", "forget", "publisher:bus")
    assert document == {
        "name": "publisher:bus",
        "outcome": "forgotten",
        "checkpoints": [{"version": 1, "position": 2}],
    }
    assert letters(desk) == [("board", 1), ("board", 2)]
    assert [one["name"] for one in desk.ask("readers", "list")["readers"]] == ["board"]
    assert desk.refusal("readers", "forget", "publisher:bus", status=1)["code"] == "not-found"
    assert desk.run("publish", "--to", "-", "--name", "bus", "--once").out.count("\n") == 3


def test_an_abandoned_projection_is_retired(desk):
    """Its checkpoint stays, for its tables do; it is no danger any more, and holds nothing back."""
    assert "board is retired" in desk.text("readers", "forget", "board")
    desk.ask("readers", "forget", "publisher:bus")
    assert [one["status"] for one in desk.ask("status")["checkpoints"]] == ["retired"]


def test_nobody_is_forgotten_at_work(desk):
    """A reader that a program holds is refused by the name of that program; once it let go it is forgotten."""
    with opened(desk.url) as store:
        checkpoints = Checkpoints(tables(), store.tenant)
        with store.transaction() as connection:
            now = system_clock()
            checkpoints.claim(connection, "publisher:bus", 1, owner="desk-4", now=now, lease_seconds=500)
        error = desk.refusal("readers", "forget", "publisher:bus", status=2)
        assert "desk-4 is at work on it until" in error["message"]
        with store.transaction() as connection:
            checkpoints.release(connection, "publisher:bus", owner="desk-4", now=now)
    desk.ask("readers", "forget", "publisher:bus")


def test_each_tenant_puts_its_own_right(desk):
    """What another tenant's reader left out is settled for that tenant."""
    with opened(desk.url, tenant="shop") as store, store.transaction() as connection:
        checkpoints = Checkpoints(tables(), "shop")
        held = checkpoints.create(connection, "theirs", 1, now=system_clock(), position=3)
        with opened(desk.url) as ours:
            row = ours.read_all()[0]
        checkpoints.dead_letter(connection, held, row, "torn", now=system_clock())
    assert desk.refusal("readers", "settle", "theirs", 1, status=1)["code"] == "not-found"
    desk.ask("readers", "settle", "theirs", 1, "--tenant", "shop")
    desk.ask("readers", "forget", "theirs", "--tenant", "shop")
