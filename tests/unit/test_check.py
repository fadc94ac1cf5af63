"""`check` finds whatever is altered in a log, names the row, and finds nothing in a sound one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline import OUTLINE
from respond.audit.check import check
from respond.audit.finding import FINDINGS_MAX, CheckReport
from respond.domain.canonical import canonical
from respond.domain.events import Event, event_type
from respond.domain.references import Actor
from respond.domain.streams import StreamId
from respond.domain.values import replace
from respond.engine.circumstances import Circumstances
from respond.engine.definitions import Plans, Workflows
from respond.engine.engine import Engine
from respond.engine.handler import Ask
from respond.engine.handler import Handler as CommandHandler
from respond.errors import CommandRefused, StoreError, StoreUnavailable
from respond.projections.statistics import Statistics
from respond.store.manifest import Archived
from respond.store.memory import MemoryEventStore
from respond.store.records import Head, NewEvent, Recorded, Write, leaf_of
from respond.testing.conformance.samples import ManualClock, id_of
from respond.workflow.definition import NEW, Handler, Transition, command_type
from respond.workflow.incident import commands as c
from respond.workflow.table import NOT_ENABLED
from respond.workflow.workflow import Workflow
from small_log import EVENTS, fill

PLAN = OUTLINE


@attrs.define
class ListLog:
    """A log whose rows and head can be anything."""

    rows: list[Recorded]
    end: Head | None = None
    log: str = "memory"
    page: int = 1000

    def read_log(self, *, after: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """Return the rows past *after* by position, as a database does."""
        past = sorted((row for row in self.rows if row.position > after), key=lambda row: row.position)
        return past[: min(limit, self.page)]

    def manifest(self, *, after: int = 0, limit: int = 1000) -> Sequence[Archived]:
        return ()

    def archived(self, position: int) -> Archived | None:
        return None

    def head(self) -> Head:
        if self.end is None:
            raise StoreError("the log has no head")
        return self.end


def log_of(store: MemoryEventStore) -> ListLog:
    """Return what *store* holds, to be altered."""
    return ListLog(list(store.read_log(limit=10**6)), store.head(), store.log)


def small_log() -> ListLog:
    """Return the small log as a store in memory keeps it."""
    clock = ManualClock()
    root = MemoryEventStore(clock=clock)
    fill(lambda tenant, clock: root.for_tenant(tenant, clock=clock), clock)
    return log_of(root)


SMALL = small_log()
POSITIONS = range(1, EVENTS + 1)


def altered(place: int, **changes: Any) -> ListLog:
    """Return the small log with *changes* in the row at position *place*."""
    rows = [row._replace(**changes) if row.position == place else row for row in SMALL.rows]
    return ListLog(rows, SMALL.end)


def rewritten(place: int, **changes: Any) -> ListLog:
    """Return the small log with *changes* in one body, canonical again and with the right leaf: a careful forger's."""
    row = SMALL.rows[place - 1]
    body = canonical({**orjson.loads(row.body or b""), **changes})
    return altered(place, body=body, leaf=leaf_of(body, row.recorded_us, place))


def found(log: ListLog) -> set[tuple[str, int]]:
    """Return code and position of each finding."""
    return {(finding.code, finding.position) for finding in check(log).findings}


def places(report: CheckReport) -> set[int]:
    """Return the positions that the findings name."""
    return {finding.position for finding in report.findings}


def test_a_sound_log_has_no_finding() -> None:
    """A log that nobody touched has no finding, and the report says what was read."""
    report = check(SMALL)
    assert (report.events, report.streams, report.head, report.findings) == (EVENTS, 5, SMALL.end, ())
    assert report.clean
    assert report.deviations == {}


@pytest.mark.parametrize("page", [1, 7, EVENTS])
def test_pages_make_no_difference(page: int) -> None:
    """A log is read in pages, and each is told to the caller."""
    told: list[int] = []
    report = check(ListLog(SMALL.rows, SMALL.end, page=page), progress=told.append)
    assert report == check(SMALL)
    assert told == [*range(page, EVENTS, page), EVENTS]


def test_an_empty_log_is_sound() -> None:
    """A log without events has no finding."""
    report = check(ListLog([], Head(0, 0)))
    assert (report.events, report.clean) == (0, True)


# -- every field of every row ------------------------------------------------------------------------------------------


def _flip(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def _other_data(raw: bytes) -> bytes:
    body = orjson.loads(raw)
    return canonical({**body, "data": {**body["data"], "text": "nothing happened"}})


Mutation = Callable[[Recorded], dict[str, Any]]
MUTATIONS: dict[str, tuple[str, Mutation]] = {
    "recorded_at later": ("leaf", lambda row: {"recorded_us": row.recorded_us + 1}),
    "recorded_at earlier": ("leaf", lambda row: {"recorded_us": row.recorded_us - 1}),
    "recorded_at negative": ("recorded-at", lambda _: {"recorded_us": -1}),
    "recorded_at beyond all years": ("recorded-at", lambda _: {"recorded_us": 2**62}),
    "recorded_at text": ("recorded-at", lambda row: {"recorded_us": str(row.recorded_us)}),
    "recorded_at null": ("recorded-at", lambda _: {"recorded_us": None}),
    "tenant": ("column-tenant", lambda row: {"tenant": row.tenant + "2"}),
    "tenant null": ("column-tenant", lambda _: {"tenant": None}),
    "realm": ("column-realm", lambda _: {"realm": "drill"}),
    "realm unknown": ("column-realm", lambda _: {"realm": "REAL"}),
    "stream": ("column-stream", lambda row: {"stream": row.stream + " "}),
    "stream null": ("column-stream", lambda _: {"stream": None}),
    "stream bytes": ("column-stream", lambda row: {"stream": row.stream.encode()}),
    "version": ("column-version", lambda row: {"version": row.version + 1}),
    "version text": ("column-version", lambda row: {"version": str(row.version)}),
    "version number": ("column-version", lambda row: {"version": float(row.version)}),
    "version null": ("column-version", lambda _: {"version": None}),
    "id": ("column-id", lambda row: {"id": row.id[:-1] + ("0" if row.id[-1] != "0" else "1")}),
    "id null": ("column-id", lambda _: {"id": None}),
    "id bytes": ("column-id", lambda row: {"id": row.id.encode()}),
    "type": ("column-type", lambda row: {"type": row.type.lower()}),
    "type null": ("column-type", lambda _: {"type": None}),
    "subject": ("column-subject", lambda row: {"subject": row.subject.upper()}),
    "subject null": ("column-subject", lambda _: {"subject": None}),
    "body null": ("body-missing", lambda _: {"body": None}),
    "body empty": ("body-unreadable", lambda _: {"body": b""}),
    "body text": ("body-unreadable", lambda row: {"body": (row.body or b"").decode()}),
    "body a list": ("body-format", lambda _: {"body": b"[]"}),
    "body of another format": ("body-format", lambda row: {"body": (row.body or b"").replace(b'"v":1', b'"v":2')}),
    "body one byte": ("leaf", lambda row: {"body": _flip(row.body or b"", 60)}),
    "body with a blank": ("body-not-canonical", lambda row: {"body": (row.body or b"") + b" "}),
    "body cut": ("body-unreadable", lambda row: {"body": (row.body or b"")[:-1]}),
    "body with other data": ("leaf", lambda row: {"body": _other_data(row.body or b"")}),
    "leaf": ("leaf", lambda row: {"leaf": _flip(row.leaf, 31)}),
    "leaf null": ("leaf", lambda _: {"leaf": None}),
    "leaf as text": ("leaf", lambda row: {"leaf": row.leaf.hex()}),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_altered_field_is_found_where_it_is(mutation: str) -> None:
    """Whatever field of whatever row is altered, the finding has the code and the position."""
    code, change = MUTATIONS[mutation]
    for position in POSITIONS:
        assert (code, position) in found(altered(position, **change(SMALL.rows[position - 1])))


@given(position=st.sampled_from(POSITIONS), at=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_no_byte_of_a_body_can_change_unseen(position: int, at: float, mask: int) -> None:
    """Each bit of each body is under the leaf."""
    body = SMALL.rows[position - 1].body or b""
    index = int(at * len(body))
    log = altered(position, body=body[:index] + bytes([body[index] ^ mask]) + body[index + 1 :])
    assert ("leaf", position) in found(log)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("body-log", {"log": "another"}),
        ("body-keys", {"note": "not a key of the format"}),
        ("body-value", {"occurred_at": "yesterday"}),
        ("body-value", {"occurred_at": 1}),
        ("body-value", {"definition": {"name": "incident"}}),
        ("body-value", {"plan": "plan"}),
        ("body-value", {"schema_version": 0}),
        ("body-value", {"source": []}),
        ("column-tenant", {"tenant": "other"}),
        ("column-version", {"version": True}),
        ("column-id", {"id": "not a uuid"}),
        ("event-unreadable", {"schema_version": 99}),
        ("event-unreadable", {"data": {}}),
    ],
)
def test_a_body_that_was_rewritten_with_its_leaf_is_still_read(code: str, changes: dict[str, Any]) -> None:
    """A forger who computes the leaf again must still write what the format, the columns and the events allow."""
    assert (code, 3) in found(rewritten(3, **changes))


def test_a_body_without_a_key_is_found() -> None:
    """Every key that is not optional must be there."""
    row = SMALL.rows[2]
    body = orjson.loads(row.body or b"")
    for key in ("log", "schema_version", "data", "stream"):
        raw = canonical({name: value for name, value in body.items() if name != key})
        codes = {
            code
            for code, position in found(altered(3, body=raw, leaf=leaf_of(raw, row.recorded_us, 3)))
            if position == 3
        }
        assert "body-keys" in codes


# -- rows and their order ----------------------------------------------------------------------------------------------


def test_a_row_that_is_missing_leaves_a_gap() -> None:
    """A deleted row is found by its position; the last one by the head."""
    for position in POSITIONS:
        log = ListLog([row for row in SMALL.rows if row.position != position], SMALL.end)
        assert ("log-short" if position == EVENTS else "position-gap", position) in found(log)


@pytest.mark.parametrize("to", [0, -5, -(2**63) + 1, 1000])
def test_a_row_that_was_moved_is_found(to: int) -> None:
    """A row at a position before the first or past the end is found, and so is the gap that it left."""
    for position in POSITIONS:
        codes = found(altered(position, position=to))
        assert ("position-order" if to < 1 else "head-behind", to) in codes
        assert ("log-short" if position == EVENTS and to < 1 else "position-gap", position) in codes


def exchanged(first: int, second: int) -> ListLog:
    """Return the small log with two rows at each other's position."""
    places_of = {first: second, second: first}
    rows = [row._replace(position=places_of.get(row.position, row.position)) for row in SMALL.rows]
    return ListLog(rows, SMALL.end)


def test_rows_whose_positions_were_exchanged_are_found() -> None:
    """Two rows that changed places are found by their times."""
    for first in POSITIONS[:-2]:
        assert ("recorded-back", first + 1) in found(exchanged(first, first + 1))
        assert ("recorded-back", first + 2) in found(exchanged(first, first + 2))


def test_rows_of_one_append_in_two_streams_that_were_exchanged_are_found() -> None:
    """Neither time nor version tells which of the two came first; their leaves do."""
    assert SMALL.rows[-1].recorded_us == SMALL.rows[-2].recorded_us
    assert found(exchanged(EVENTS - 1, EVENTS)) == {("leaf", EVENTS - 1), ("leaf", EVENTS)}


def test_bodies_that_were_exchanged_with_their_leaves_are_found() -> None:
    """Two rows whose bodies and leaves changed places are found at both."""
    for one, two in pairwise(SMALL.rows):
        swapped = {
            one.position: one._replace(body=two.body, leaf=two.leaf),
            two.position: two._replace(body=one.body, leaf=one.leaf),
        }
        report = check(ListLog([swapped.get(row.position, row) for row in SMALL.rows], SMALL.end))
        assert {one.position, two.position} <= places(report)


def test_a_time_that_goes_back_is_found_with_every_leaf_right() -> None:
    """A forger who sets a time back, leaf included, is found by the row before."""
    row = SMALL.rows[9]
    recorded_us = SMALL.rows[7].recorded_us
    log = altered(10, recorded_us=recorded_us, leaf=leaf_of(row.body or b"", recorded_us, 10))
    assert found(log) == {("recorded-back", 10)}


@pytest.mark.parametrize(
    ("head", "code", "position"),
    [
        (Head(EVENTS + 1, SMALL.rows[-1].recorded_us), "log-short", EVENTS + 1),
        (Head(EVENTS - 1, SMALL.rows[-1].recorded_us), "head-behind", EVENTS),
        (Head("x", SMALL.rows[-1].recorded_us), "head-behind", EVENTS),  # type: ignore[arg-type]
        (Head(EVENTS, SMALL.rows[-1].recorded_us + 1), "head-recorded-at", EVENTS),
        (Head(EVENTS, None), "head-recorded-at", EVENTS),  # type: ignore[arg-type]
        (None, "head-missing", EVENTS),
    ],
)
def test_a_head_that_does_not_fit_the_last_row_is_found(head: Head | None, code: str, position: int) -> None:
    """The head must name the last row and its time."""
    assert found(ListLog(SMALL.rows, head)) == {(code, position)}


def test_an_id_that_stands_twice_is_found() -> None:
    """The same event id at two positions of a tenant is found; in two tenants it is allowed."""
    assert found(rewritten(9, id=SMALL.rows[2].id)) == {("column-id", 9)}
    log = rewritten(9, id=SMALL.rows[2].id)
    log.rows[8] = log.rows[8]._replace(id=SMALL.rows[2].id)
    assert found(log) == {("id-twice", 9)}
    log = rewritten(10, id=SMALL.rows[2].id)
    log.rows[9] = log.rows[9]._replace(id=SMALL.rows[2].id)
    assert SMALL.rows[9].tenant != SMALL.rows[2].tenant
    assert found(log) == set()


# -- what the streams say ----------------------------------------------------------------------------------------------


def one_event(stream: str, kind: str, data: dict[str, Any]) -> ListLog:
    """Return a log of one event."""
    store = MemoryEventStore(clock=ManualClock())
    store.append(Write(StreamId(stream), [NewEvent(id=id_of(stream), type=kind, data=data)]))
    return log_of(store)


def test_an_unknown_category_is_told_once() -> None:
    """Streams that no workflow claims are named once, not event by event, and their rows are checked all the same."""
    store = MemoryEventStore(clock=ManualClock())
    for index in range(4):
        store.append(Write(StreamId(f"luggage-{index % 2}"), [NewEvent(id=id_of(index), type="Lost", data={})]))
    assert found(log_of(store)) == {("workflow-unknown", 1)}
    log = log_of(store)
    log.rows[2] = log.rows[2]._replace(leaf=b"\0" * 32)
    assert found(log) == {("workflow-unknown", 1), ("leaf", 3)}


def test_an_unknown_type_in_a_known_category_is_found() -> None:
    """An event that its stream's workflow does not know is found."""
    assert found(one_event("incident-1", "Lost", {})) == {("event-unreadable", 1)}


@event_type()
@attrs.frozen(kw_only=True)
class BagFound:
    """An event of a user's own workflow."""

    from_: str
    to: str
    shelf: str


@command_type("find")
@attrs.frozen(kw_only=True)
class FindBag:
    """A command of a user's own workflow."""


@attrs.frozen(kw_only=True, slots=False)
class Bag:
    """A state of a user's own workflow."""

    status: str = NEW


def _shelved(state: Bag, event: Event) -> Bag:
    if event.data.shelf == "broken":
        raise KeyError(event.data.shelf)
    return replace(state, status=event.data.to)


LUGGAGE = Workflow(
    name="luggage",
    version=1,
    category="luggage",
    states=("found",),
    finals=("found",),
    transitions=(Transition("find", (NEW, "found"), "found"),),
    initial=Bag(),
    handlers=(Handler(command=FindBag, decide=lambda _: (), emits=(BagFound,)),),
    evolvers={BagFound: _shelved},
)


def luggage_log(*shelves: str, stream: str = "luggage-1") -> ListLog:
    """Return a log with an event of the user's workflow for each shelf."""
    store = MemoryEventStore(clock=ManualClock())
    for index, shelf in enumerate(shelves):
        data = {"from": "found" if index else NEW, "to": "found", "shelf": shelf}
        store.append(Write(StreamId(stream), [NewEvent(id=id_of(index), type="BagFound", data=data)]))
    return log_of(store)


def test_an_event_that_does_not_fold_is_found_once() -> None:
    """An exception in evolve is a finding at its event; what follows in the stream cannot be judged, and is not."""
    assert check(luggage_log("A", "B"), workflows=[LUGGAGE]).clean
    report = check(luggage_log("A", "broken", "broken", "C"), workflows=[LUGGAGE])
    assert [(finding.code, finding.position) for finding in report.findings] == [("event-unfoldable", 2)]
    assert report.deviations == {}


def test_an_event_of_another_workflow_does_not_fold() -> None:
    """An event that some workflow knows, in a stream of another, is found."""
    report = check(luggage_log("A", stream="incident-1"), workflows=[LUGGAGE])
    assert report.counts == {"event-unfoldable": 1}


def test_a_projection_that_disagrees_with_the_fold_is_found() -> None:
    """A stream that two reports begin: the fold takes the last title, the list keeps the first, and check says so."""
    store = MemoryEventStore(clock=ManualClock())
    for index, title in enumerate(("Smoke", "Fire")):
        data = {"from": NEW, "to": "reported", "category": "other", "title": title}
        store.append(Write(StreamId("incident-1"), [NewEvent(id=id_of(index), type="IncidentReported", data=data)]))
    assert found(log_of(store)) == {("projection-listing", 1)}
    store.append(Write(StreamId("incident-2"), [NewEvent(id=id_of(2), type="ProgressNoted", data={"text": "who?"})]))
    assert found(log_of(store)) == {("projection-listing", 1)}


def test_statistics_that_disagree_with_the_fold_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A count of states that the fold does not see is a finding at the end of the log."""
    monkeypatch.setattr(Statistics, "apply", lambda self, event: None)
    assert found(SMALL) == {("projection-statistics", EVENTS)}


def test_reality_that_broke_the_rules_is_a_deviation_and_no_finding() -> None:
    """A step that the workflow would not have made is counted apart, with its position."""
    report = check(one_event("incident-1", "StepRecorded", {"from": "new", "to": "reviewed", "step": "Closed"}))
    assert report.clean
    assert report.deviations == {NOT_ENABLED: (1,)}


def test_a_step_is_judged_by_the_plan_that_it_pins() -> None:
    """A resolution without the report that its level owes is a deviation, as in an import; a missing plan is told."""
    other = attrs.evolve(PLAN, version="2")
    store = MemoryEventStore(clock=ManualClock())
    with Engine(store, plans=[other]) as engine:
        incident = engine.report(category="other", title="x", actor="wang.li")
        incident.assess(actor="wang.li")
        incident.assign_level(1, basis="all shops", actor="wang.li")
        incident.start_response(actor="wang.li")
        data = {"from": "responding", "to": "resolved", "resolution": "x"}
        store.append(
            Write(StreamId(f"incident-{incident.id}"), [NewEvent(id=id_of(9), type="IncidentResolved", data=data)])
        )
        given, missing = (check(log_of(store), plans=plans) for plans in ([PLAN, other], [PLAN]))
    assert (given.deviations, given.plans_missing) == ({"upward-report-owed": (5,)}, {})
    assert (missing.deviations, missing.plans_missing) == ({}, {"service-company@2": 1})


def test_the_report_keeps_a_bounded_number_of_findings_and_counts_all() -> None:
    """A log of which every row is wrong does not fill the memory."""
    row = SMALL.rows[0]
    rows = (row._replace(position=position, leaf=b"") for position in range(1, FINDINGS_MAX + 3))
    report = check(ListLog(list(rows), Head(FINDINGS_MAX + 2, row.recorded_us)))
    assert len(report.findings) == FINDINGS_MAX
    assert report.counts["leaf"] == FINDINGS_MAX + 2


# -- no false alarm ----------------------------------------------------------------------------------------------------

COMMANDS: tuple[Any, ...] = (
    c.ReportIncident(category="other", title="x"),
    c.Assess(injured=1),
    c.AssignLevel(level=1, basis="b"),
    c.ChangeLevel(level=2, justification="j"),
    c.StartResponse(),
    c.Note(text="𝄞 \ue000 é"),
    c.ReportUpward(kind="initial", recipient="r", summary="s"),
    c.Resolve(resolution="r"),
    c.CloseReview(summary="s"),
    c.Reopen(reason="r"),
    c.Cancel(reason="r"),
)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["default", "branch"]),
            st.sampled_from(["a", "b"]),
            st.sampled_from(COMMANDS),
            st.integers(-2, 2),
        ),
        max_size=40,
    ),
    page=st.integers(1, 9),
)
def test_a_log_that_the_engine_wrote_is_sound(steps: list[tuple[str, str, Any, int]], page: int) -> None:
    """Whatever commands came in whatever order, with a clock that goes back too: no finding and no deviation."""
    clock = ManualClock()
    root = MemoryEventStore(clock=clock)
    for number, (tenant, key, command, seconds) in enumerate(steps):
        clock.move(seconds=seconds)
        handler = CommandHandler(
            root.for_tenant(tenant), workflows=Workflows(), plans=Plans(), clock=clock, random=bytes
        )
        try:
            handler.handle(
                [Ask(category="incident", key=key, command=command)],
                Circumstances(actor=Actor("a"), command_id=f"c{number}"),
            )
        except CommandRefused:
            continue
    log = log_of(root)
    log.page = page
    report = check(log)
    assert report.findings == ()
    assert report.deviations == {}


@attrs.define
class GrowingLog(ListLog):
    """A log to which a row, and the head that counts it, is added before each page is read."""

    to_come: Iterator[Recorded] = attrs.field(factory=lambda: iter(()))
    with_head: bool = True

    def read_log(self, *, after: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        row = next(self.to_come, None)
        if row is not None:
            self.rows.append(row)
            if self.with_head:
                self.end = Head(row.position, row.recorded_us)
        return super().read_log(after=after, limit=limit)


@pytest.mark.parametrize("page", [1, 5, 1000])
def test_writers_that_go_on_cause_no_alarm(page: int) -> None:
    """Rows that are committed while the log is read, each with its head, are no finding; rows without a head are."""
    rows, start = SMALL.rows, SMALL.rows[:10]
    head = Head(10, start[-1].recorded_us)
    assert check(GrowingLog(list(start), head, page=page, to_come=iter(rows[10:]))).clean
    behind = check(GrowingLog(list(start), head, page=page, to_come=iter(rows[10:]), with_head=False))
    assert set(behind.counts) == {"head-behind", "head-recorded-at"}


def test_a_database_that_cannot_be_read_is_no_finding() -> None:
    """When the store is gone the check says so, and does not call the log damaged."""

    class GoneLog(ListLog):
        def head(self) -> Head:
            raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        check(GoneLog(SMALL.rows))
