"""Journals that are broken on purpose, each with the tests that must tell; run by `test_third_party.py`."""

from __future__ import annotations

import json
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest
from hypothesis import Phase

from async_journal_store import AsyncJournal, AsyncJournals
from journal_store import Journal, Journals
from respond.store import Write, event_ids
from respond.testing.store_conformance import AsyncStoreConformance, StoreConformance

SESSIONS = "test_any_session"
FOUND: dict[str, tuple[str, ...]] = {}
"""For each class of tests those that must fail."""


class BrokenConformance(StoreConformance):
    """The suite, for a journal that is broken; it is enough to know that it fails."""

    kind: ClassVar[type[Journal]]
    phases = (Phase.generate,)
    examples = 60
    writers, readers, turns = 4, 1, 24
    subscribed_turns = 4

    @pytest.fixture
    def store_factory(self, tmp_path) -> Journals:
        return Journals(tmp_path / "journal", self.kind)


LATENCY_SECONDS = 0.002


def _let_others_go() -> None:
    """Take as long as a call over a network does; others have their turn meanwhile."""
    Event().wait(LATENCY_SECONDS)


def found_by(*tests: str) -> Any:
    """Make a class of tests for a journal, some of which must fail."""

    def declare(kind: type[Journal]) -> type[Journal]:
        name = f"Test{kind.__name__}"
        globals()[name] = type(name, (BrokenConformance,), {"kind": kind, "__doc__": kind.__doc__})
        FOUND[name] = tests
        return kind

    return declare


@found_by("test_readers_see_every_event_once_in_order", SESSIONS)
class Unlocked(Journal):
    """Nothing keeps other writers out, who get their turn before the line is written."""

    def _alone(self):
        return nullcontext()

    def _time(self):
        _let_others_go()
        return super()._time()


@found_by("test_one_of_many_wins", SESSIONS)
class CheckedTooEarly(Journal):
    """Versions are looked at before others are kept out, who get their turn in between, as over a network."""

    def append(self, *writes, require=None):
        self._seen = super()._checked(writes, require or {}) if not self.known(event_ids(writes)) else {}
        _let_others_go()
        return super().append(*writes, require=require)

    def _checked(self, writes, require):
        return self._seen


@found_by("test_readers_see_every_event_once_in_order")
class EarlyPositions(Journal):
    """A position is handed out before its line is written: another line may get there first."""

    def _write(self, rows):
        counter = self._path.with_suffix(".counter")
        last = int(counter.read_text()) if counter.exists() else 0
        counter.write_text(str(last + len(rows)))
        self._late = [row._replace(position=last + number) for number, row in enumerate(rows, start=1)]

    def append(self, *writes, require=None):
        appended = super().append(*writes, require=require)
        if not appended.replayed:
            with self._alone():
                self._all()
                Journal._write(self, self._late)
        return appended


@found_by("test_ids_before_versions", "test_one_of_many_retries_writes", SESSIONS)
class Forgetful(Journal):
    """Ids are not looked up."""

    def known(self, ids):
        return {}


@found_by("test_ids_before_versions", SESSIONS)
class VersionsFirst(Journal):
    """Versions are checked before ids are looked up."""

    def append(self, *writes, require=None):
        if writes:
            self._checked(writes, require or {})
        return super().append(*writes, require=require)


@found_by("test_every_field_is_content", SESSIONS)
class Trusting(Journal):
    """A known id is taken for the same event, whatever it says."""

    def append(self, *writes, require=None):
        known = self.known(event_ids(writes))
        if known:
            rows = sorted(known.values(), key=lambda row: row.position)
            versions = {write.stream: self.versions([write.stream])[write.stream] for write in writes}
            from respond.store import Appended

            return Appended(rows[0].position, rows[-1].position, versions, rows[-1].recorded_at, replayed=True)
        return super().append(*writes, require=require)


@found_by("test_requirement_not_met", SESSIONS)
class Heedless(Journal):
    """Required versions are not asked for."""

    def _checked(self, writes, require):
        return super()._checked(writes, {})


@found_by("test_one_conflict_among_several_streams", SESSIONS)
class Halved(Journal):
    """Each write of an append stands alone."""

    def append(self, *writes: Write, require=None):
        if len(writes) < 2 or any(self.known([event.id for event in write.events]) for write in writes):
            return super().append(*writes, require=require)
        told = [
            super(Halved, self).append(write, require=require if not number else None)
            for number, write in enumerate(writes)
        ]
        versions = {stream: version for one in told for stream, version in one.versions.items()}
        return type(told[0])(told[0].first, told[-1].last, versions, told[-1].recorded_at)


@found_by("test_expectation_not_met", SESSIONS)
class Burning(Journal):
    """A refused append uses up a position."""

    def _checked(self, writes, require):
        self._offset = getattr(self, "_offset", 0)
        self._offset += 1
        found = super()._checked(writes, require)
        self._offset -= 1
        return found

    def _placed(self, writes, versions, bodies, recorded_us):
        rows = super()._placed(writes, versions, bodies, recorded_us)
        return [row._replace(position=row.position + getattr(self, "_offset", 0)) for row in rows]


@found_by("test_clock_goes_back", "test_known_at_is_a_prefix", SESSIONS)
class Jumpy(Journal):
    """The time of the clock is taken as it comes."""

    def _time(self):
        super()._time()
        return int(self._clock().timestamp() * 1_000_000)


@found_by("test_skew_beyond_the_limit")
class Careless(Journal):
    """A clock that is far behind is not noticed."""

    def _time(self):
        self._allow_skew = True
        return super()._time()


@found_by("test_leaf")
class Misplaced(Journal):
    """The leaf says nothing of the place."""

    def _placed(self, writes, versions, bodies, recorded_us):
        rows = super()._placed(writes, versions, bodies, recorded_us)
        return [row._replace(leaf=sha256(row.body).digest()) for row in rows]


@found_by("test_streams_stay_apart")
class Folding(Journal):
    """Names that differ by case alone are the same."""

    def read_stream(self, stream, *, after=0, limit=None):
        same = [row for row in self._mine() if row.stream.lower() == stream.name.lower() and row.realm == stream.realm]
        return [row for row in same if row.version > after][:limit]


@found_by("test_tenants_are_apart", SESSIONS)
class Shared(Journal):
    """Every tenant reads everything."""

    def _mine(self):
        return self._all()


@found_by("test_realms_are_apart")
class Blended(Journal):
    """Drills and reality are read together."""

    def read_subject(self, subject, *, realm="real", after=0, limit=None):
        return [row for row in self._mine() if row.subject == subject and row.position > after][:limit]

    def read_all(self, *, after=0, limit=1000, realm=None):
        return super().read_all(after=after, limit=limit)


@found_by("test_read_stream", SESSIONS)
class Misread(Journal):
    """A stream is read after a position, where a version is meant."""

    def read_stream(self, stream, *, after=0, limit=None):
        return [row for row in super().read_stream(stream) if row.position > after][:limit]


@found_by("test_read_all", SESSIONS)
class Endless(Journal):
    """A page has no limit."""

    def read_all(self, *, after=0, limit=1000, realm=None):
        return super().read_all(after=after, limit=10**9, realm=realm)


@found_by("test_stores_on_one_log_see_each_other", SESSIONS)
class Stale(Journal):
    """What others wrote is seen when something is appended, and not before."""

    _fresh = False

    @contextmanager
    def _alone(self):
        with super()._alone():
            self._fresh = True
            yield
            self._all()
            self._fresh = False

    def _all(self):
        return super()._all() if self._fresh else list(self._rows)


@found_by("test_who_asks_never_conflicts")
class Open(Journal):
    """Nobody is kept out by asking."""

    def exclusively(self, streams):
        return nullcontext(self)


@found_by("test_closing")
class Fleeting(Journal):
    """Closing takes the log away."""

    def close(self):
        self._path.unlink(missing_ok=True)


@found_by("test_stored_body")
class Ascii(Journal):
    """The body is written anew on its way to the file."""

    def _write(self, rows):
        super()._write([row._replace(body=json.dumps(json.loads(row.body)).encode()) for row in rows])


class HalfCancelled(AsyncJournal):
    """A task that is cancelled leaves half of its append behind."""

    async def append(self, *writes, require=None):
        if len(writes) == 1 and len(writes[0].events) == 2 and not self.inner.known([writes[0].events[0].id]):
            await super().append(Write(writes[0].stream, writes[0].events[:1], writes[0].expected))
            await super().append(Write(writes[0].stream, writes[0].events[1:]))
        return await super().append(*writes, require=require)


class TestHalfCancelled(AsyncStoreConformance):
    """The suite for asyncio, for a store that is broken."""

    @pytest.fixture
    def async_store_factory(self, tmp_path: Path) -> AsyncJournals:
        return AsyncJournals(tmp_path / "journal", HalfCancelled)


FOUND["TestHalfCancelled"] = ("test_a_cancelled_append_is_whole",)
