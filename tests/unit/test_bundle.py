"""The archive bundle of an incident: what it holds, that it can be verified, and that stored text is only text."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engines import engine_on, responding
from play import PLAN
from respond.errors import IncidentNotFound, InvalidInput
from respond.store.memory import MemoryEventStore
from respond.testing.conformance.samples import ManualClock
from respond.transfer.bundle import bundle, verify_bundle, write_bundle
from respond.transfer.bundle_page import markdown

TEXT = "店内断电 | <script>alert(1)</script> *no* `code` \x1b[31m\nline two [a](b) 🔥"


@pytest.fixture
def incident() -> Any:
    """An incident with a merged one, a party and an action item."""
    clock = ManualClock()
    engine = engine_on(MemoryEventStore(clock=clock), clock, plans=(PLAN,))
    incident, other = responding(engine), responding(engine)
    incident.note(TEXT, actor="li.na")
    incident.register_affected("c-1", customers=40).contact_party("telephone")
    other.merge_into(incident, reason="the same")
    incident.party("c-1").settle_case("paid")
    incident.resolve("new terminals", actor="li.na")
    due_at = clock() + timedelta(days=3)
    incident.open_action("Buy one", kind="prevent", owner="li.na", due_at=due_at, action="a-1")
    return incident


@pytest.fixture
def folder(incident, tmp_path) -> Path:
    """The folder of its bundle."""
    write_bundle(incident.engine, incident.id, tmp_path / "out")
    return tmp_path / "out"


def changed(folder: Path, change: Any) -> list[str]:
    """Change the bundle in *folder*, and return the codes that verifying it finds."""
    told = json.loads((folder / "bundle.json").read_bytes())
    change(told)
    (folder / "bundle.json").write_text(json.dumps(told))
    return sorted({one.code for one in verify_bundle(folder).flaws})


def test_it_holds_all_that_is_known(incident):
    """State, timeline, review, duties, parties, action items, and every event with its leaf, the merged one's too."""
    told = bundle(incident.engine, incident.number)
    assert told["state"]["status"] == told["review"]["status"] == "resolved"
    assert (told["parties"]["c-1"]["customers"], told["actions"]["a-1"]["owner"]) == (40, "li.na")
    assert {"settlement:c-1", "action:a-1"} <= {one["obligation"] for one in told["obligations"]}
    assert len(told["events"]) == len(told["timeline"]["entries"]) == len(tuple(incident.engine.log()))
    with pytest.raises(IncidentNotFound):
        bundle(incident.engine, "INC-99")


def test_what_was_written_verifies(folder):
    """Without a database; a file that is no bundle, and a folder that is not empty, are refused by name."""
    report = verify_bundle(folder)
    assert (report.flaws, report.number) == ((), "INC-1")
    assert json.loads((folder / "manifest.json").read_bytes())["leaves"] == report.leaves
    (folder / "bundle.json").write_text("[]")
    with pytest.raises(InvalidInput, match="no bundle"):
        verify_bundle(folder)


def test_any_text_is_kept(incident, tmp_path):
    """A text of 100,000 bytes stands in a bundle as it was told, whatever its characters, and the bundle verifies."""
    text = ("客\u202eab\u202c\0\U0010ffff\ufeff\u2028 " * 10_000).encode()[:99_990].decode(errors="ignore")
    incident.note(text, actor="li.na")
    write_bundle(incident.engine, incident.id, tmp_path / "long")
    told = json.loads((tmp_path / "long" / "bundle.json").read_bytes())
    assert text in [one["text"] for one in told["review"]["notes"]]
    assert verify_bundle(tmp_path / "long").flaws == ()


def test_it_is_written_into_an_empty_folder_only(incident, folder):
    """Nothing is overwritten."""
    with pytest.raises(InvalidInput, match="empty folder"):
        write_bundle(incident.engine, incident.id, folder)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda told: told["state"].update(title="x"), ["file-differs", "state-differs"]),
        (lambda told: told["timeline"]["entries"].pop(), ["file-differs", "timeline-differs"]),
        (lambda told: told["events"][3].update(recorded_us=1), ["file-differs", "leaf-differs", "leaves-differ"]),
        (lambda told: told["head"].update(position=3), ["file-differs", "head-passed"]),
        (lambda told: told["events"].reverse(), ["file-differs", "leaves-differ", "order-differs", "version-missing"]),
        (lambda told: told.pop("events"), ["file-differs", "malformed"]),
        (lambda told: told["events"][0].update(body="{"), ["leaf-differs", "malformed"]),
        (lambda told: told.update(leaves="0" * 64), ["file-differs", "leaves-differ"]),
    ],
    ids=["state", "timeline", "time", "head", "order", "missing", "garbage", "digest"],
)
def test_what_was_changed_is_found(folder, change, codes):
    """The state, the timeline, an event, their order, the digest."""
    assert set(codes) <= set(changed(folder, change))


def test_an_event_that_was_left_out_is_found(folder):
    """Versions are contiguous; the control is the untouched one above."""
    assert "version-missing" in changed(folder, lambda told: told["events"].pop(2))


def test_pinned_entries_are_marked(incident, tmp_path):
    """In the timeline of the file, and on the page."""
    noted = next(event for event in incident.events() if event.type == "ProgressNoted")
    incident.pin_entry(noted.id, note="the turning point")
    write_bundle(incident.engine, incident.id, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "bundle.json").read_bytes())
    assert [one["id"] for one in told["timeline"]["entries"] if one["pinned"]] == [noted.id]
    marked = [line for line in (tmp_path / "out" / "bundle.md").read_text().splitlines() if "(pinned" in line]
    assert len(marked) == 1
    assert "Noted" in marked[0]


def test_the_page_shows_text_as_text(folder):
    """No stored text is markup, a line of its own, or a command to a terminal."""
    page = (folder / "bundle.md").read_text()
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "line two" in page
    assert "\nline two" not in page
    assert markdown(TEXT) in page
    assert page.startswith("# INC\\-1: ")


def test_the_page_numbers_what_was_reached_again(incident, tmp_path):
    """A milestone of the second stretch of work is told apart from that of the first."""
    for text in ("it is back", "it is back again"):
        incident.reopen(text, actor="li.na")
        incident.mark_contained(actor="li.na")
        incident.resolve("new terminals", actor="li.na")
    write_bundle(incident.engine, incident.id, tmp_path / "again")
    page = (tmp_path / "again" / "bundle.md").read_text()
    assert [page.count(f"| {markdown(name)} |") for name in ("contained", "contained (2)")] == [1, 1]
