"""Importing: again, further, cut short, beside people's own work, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreign import HEADER, NOW, bring, counts, history, lines, mapping, memory, steps
from outline import OUTLINE
from respond.engine.engine import Engine
from respond.errors import ImportRejected, InvalidMapping, StoreFull
from respond.store.memory import MemoryEventStore
from respond.transfer.cases import stream_of

ROWS = ("A,0,New,3,T,a", "A,1,Work,3,T,a", "B,2,New,2,T,b", "A,3,Work,3,U,a", "B,4,Work,2,T,b", "A,5,Done,3,U,a")


def everything(store):
    """Return the ids and bodies of a log."""
    return [(row.id, row.body) for row in store.read_all(limit=10_000)]


def test_the_same_file_again_adds_nothing(tmp_path):
    """A second import appends nothing and counts the same rows."""
    store = memory()
    first = bring(store, tmp_path, lines(*ROWS))
    before = everything(store)
    again = bring(store, tmp_path, lines(*ROWS))
    assert (first.events, again.events) == (len(before), 0)
    assert {**counts(first), "events": 0} == counts(again)
    assert everything(store) == before


@pytest.mark.parametrize("batch", [1, 2, 3, 800])
def test_a_longer_file_adds_its_new_rows_alone(tmp_path, batch):
    """Whatever the batches, importing a file in two lengths leaves what importing it at once leaves."""
    grown, whole = memory(), memory()
    for length in range(1, len(ROWS) + 1):
        bring(grown, tmp_path, lines(*ROWS[:length]), batch=batch)
    bring(whole, tmp_path, lines(*ROWS))
    for case in "AB":
        assert [row.body for row in grown.read_stream(stream_of("tickets", case))] == [
            row.body for row in whole.read_stream(stream_of("tickets", case))
        ]


ROW = st.tuples(
    st.sampled_from("ABC"),
    st.sampled_from(["New", "Seen", "Work", "Wait", "Memo", "Done", "Closed", "Void"]),
    st.sampled_from(["", "1", "2", "3"]),
    st.sampled_from(["", "T", "U"]),
)


@given(rows=st.lists(ROW, max_size=20), cut=st.integers(0, 20), kind=st.sampled_from(["snapshots", "activities"]))
def test_any_log_imported_in_two_parts_is_the_log_imported_at_once(tmp_path_factory, rows, cut, kind):
    """For any rows and any cut, both ways give the same bodies, and every deviation is counted in both."""
    folder = tmp_path_factory.mktemp("log")
    texts = [f"{case},{n},{state},{level},{team},a" for n, (case, state, level, team) in enumerate(rows)]
    parts, whole = memory(), memory()
    bring(parts, folder, lines(*texts[:cut]), mapping(kind=kind), batch=3)
    second = bring(parts, folder, lines(*texts), mapping(kind=kind), batch=3)
    once = bring(whole, folder, lines(*texts), mapping(kind=kind))
    assert {row.id: row.body for row in parts.read_all()} == {row.id: row.body for row in whole.read_all()}
    assert {**counts(second), "events": once.events} == counts(once)
    assert second.late == once.late == 0


def test_exact_duplicates_are_skipped_and_counted(tmp_path):
    """A row that equals an earlier one in every cell is no step, even of an activity; one cell makes it one."""
    store = memory()
    header = HEADER + ",n"
    rows = ["A,0,Work,3,T,a,1", "A,0,Work,3,T,a,1", "A,0,Work,3,T,a,2"]
    report = bring(store, tmp_path, lines(*rows, header=header), mapping(kind="activities"))
    assert (report.rows, report.duplicates) == (3, 1)
    assert steps(store, "A")[-1] == ("StepRecorded", "responding", "responding")
    assert len(steps(store, "A")) == 5


def test_rows_of_two_logs_never_meet(tmp_path):
    """The same cases under another log name are other incidents."""
    store = memory()
    first = bring(store, tmp_path, lines(*ROWS))
    other = bring(store, tmp_path, lines(*ROWS), mapping(log="others"))
    assert first.events == other.events
    assert len(everything(store)) == 2 * first.events


def test_a_dry_run_counts_and_writes_nothing(tmp_path):
    """It finds what an import would find, and the log stays as it was, on a log that holds a part already too."""
    store = memory()
    dry = bring(store, tmp_path, lines(*ROWS), dry_run=True)
    assert everything(store) == []
    bring(store, tmp_path, lines(*ROWS[:3]))
    part = bring(store, tmp_path, lines(*ROWS), dry_run=True)
    rest = bring(store, tmp_path, lines(*ROWS))
    assert counts(part) == counts(rest)
    assert {**counts(dry), "events": rest.events} == counts(rest)
    assert dry.dry_run


def test_a_late_row_is_recorded_and_moves_nothing(tmp_path):
    """A row that appears before rows that are in the log is told where the incident stands, and counted as late."""
    store = memory()
    bring(store, tmp_path, lines("A,0,New,3,T,a", "A,5,Done,3,T,a"))
    file = lines("A,0,New,3,T,a", "A,2,Work,3,T,a", "A,5,Done,3,T,a", "A,9,Closed,3,T,a")
    report = bring(store, tmp_path, file)
    assert (report.late, report.events) == (1, 2)
    assert steps(store, "A")[-2:] == [
        ("StepRecorded", "resolved", "resolved"),
        ("IncidentReviewed", "resolved", "reviewed"),
    ]
    assert history(store, "A")[-2].happened_at.minute == 2
    assert bring(store, tmp_path, file).events == 0
    longer = file + lines("A,12,Work,3,T,a").partition("\n")[2]
    assert bring(store, tmp_path, longer).events == 1
    assert steps(store, "A")[-1] == ("IncidentReopened", "reviewed", "responding")


def noted(store, case):
    """Return the fields of the notes of a case."""
    return [dict(one.data.fields) for one in history(store, case) if one.type == "ProgressNoted"]


def test_a_late_row_keeps_all_that_it_changes(tmp_path):
    """Level, team, assessment and texts of a late row are noted where they differ from the row before it."""
    store = memory()
    header = HEADER + ",area,what"
    how = mapping(assessment={"spread": "area"}, title="what")
    rows = [
        "A,0,New,3,T,a,shop,Slow",
        "A,2,Work,1,U,a,city,Down",
        "A,3,Work,1,,a,,Down",
        "A,4,Work,1,,b,,Down",
        "A,5,Done,3,T,a,shop,Slow",
    ]
    bring(store, tmp_path, lines(rows[0], rows[-1], header=header), how)
    report = bring(store, tmp_path, lines(*rows, header=header), how)
    assert noted(store, "A") == [
        {"level": 1, "team": "U", "assessment.spread": "city", "title": "Down"},
        {"team": "", "assessment.spread": ""},
    ]
    assert [one.data.step for one in history(store, "A") if one.type == "StepRecorded"] == ["Work"]
    assert (report.late, report.events) == (2, 3)
    assert (report.level_raises, report.level_lowers, report.team_moves) == (1, 1, 1)
    assert bring(store, tmp_path, lines(*rows, header=header), how).events == 0


def test_a_late_row_is_kept_even_if_it_tells_where_the_incident_stands_today(tmp_path):
    """It is told by the row before it: the level that the incident got later is no reason to drop it."""
    store = memory()
    rows = ["A,0,Work,3,T,a", "A,1,Wait,3,T,a", "A,2,Wait,2,U,a", "A,5,Done,2,U,a"]
    bring(store, tmp_path, lines(rows[0], rows[-1]))
    assert bring(store, tmp_path, lines(*rows)).late == 2
    assert noted(store, "A") == [{"level": 2, "team": "U"}]


@given(rows=st.lists(ROW, min_size=1, max_size=12), kept=st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_log_whose_gaps_are_filled_later_is_counted_alike_ever_after(tmp_path_factory, rows, kept):
    """For any rows that come late, one more import adds nothing and finds what the one before it found."""
    folder = tmp_path_factory.mktemp("log")
    texts = [f"{case},{n},{state},{level},{team},a" for n, (case, state, level, team) in enumerate(rows)]
    opens = {case: n for n, (case, *_) in reversed(list(enumerate(rows)))}
    store = memory()
    bring(store, folder, lines(*[text for n, text in enumerate(texts) if kept[n] or n in opens.values()]))
    second, third = bring(store, folder, lines(*texts)), bring(store, folder, lines(*texts))
    assert third.events == third.late == 0
    assert counts(third) == {**counts(second), "events": 0}
    assert third.listed == second.listed


def test_deviations_stay_the_same_when_people_worked_in_between(tmp_path):
    """A row that is in the log is judged by where the incident stood when it was recorded, however often it is read."""
    store, untouched = memory(), memory()
    rows = ["A,0,Work,2,T,a", "A,1,Wait,2,T,a", "A,2,Done,2,T,a", "A,3,Closed,2,T,a", "A,4,Void,2,T,a"]
    bring(store, tmp_path, lines(*rows[:2]))
    Engine(store, plans=[OUTLINE], clock=lambda: NOW).incident(stream_of("tickets", "A").key).note("x", actor="eve")
    first = bring(store, tmp_path, lines(*rows))
    again = bring(store, tmp_path, lines(*rows))
    assert first.deviations_by_code == {"not-enabled": 1, "upward-report-owed": 1}
    assert {**counts(again), "events": first.events} == counts(first)
    assert again.listed == first.listed
    assert bring(untouched, tmp_path, lines(*rows)).listed == first.listed


def test_new_rows_go_on_from_what_people_did_meanwhile(tmp_path):
    """Where the stream holds more than the rows account for, the next row starts where the stream stands."""
    store = memory()
    bring(store, tmp_path, lines("A,0,New,3,T,a", "A,1,Work,3,T,a"))
    engine = Engine(store, plans=[OUTLINE], clock=lambda: NOW)
    engine.incident(stream_of("tickets", "A").key).resolve("restarted", actor="eve")
    report = bring(store, tmp_path, lines("A,0,New,3,T,a", "A,1,Work,3,T,a", "A,2,Wait,3,T,a", "A,3,Done,3,T,a"))
    assert steps(store, "A")[-3:] == [
        ("IncidentResolved", "responding", "resolved"),
        ("IncidentReopened", "resolved", "responding"),
        ("IncidentResolved", "responding", "resolved"),
    ]
    assert (report.events, report.late, report.deviations) == (2, 0, 0)


def test_a_row_that_tells_what_people_did_already_is_noted(tmp_path):
    """It leaves a trace, so that it is known again when later rows are in the log: then nothing is late."""
    store = memory()
    rows = ["A,0,New,3,T,a", "A,1,Work,3,T,a", "A,2,Work,3,U,a", "A,3,Work,2,U,a", "A,4,Work,2,V,a"]
    bring(store, tmp_path, lines(*rows[:2]))
    engine = Engine(store, plans=[OUTLINE], clock=lambda: NOW)
    engine.incident(stream_of("tickets", "A").key).assign_team("U", actor="eve")
    assert bring(store, tmp_path, lines(*rows)).events == 3
    assert noted(store, "A") == [{"team": "U"}]
    again = bring(store, tmp_path, lines(*rows))
    assert (again.events, again.late) == (0, 0)


def test_a_case_that_is_in_the_log_under_other_keys_is_refused(tmp_path):
    """Another mapping makes other keys: the case is refused rather than told twice, and nothing is written."""
    store = memory()
    bring(store, tmp_path, lines(*ROWS))
    before = everything(store)
    with pytest.raises(ImportRejected, match="the case 'A' of the log 'tickets' is stored already") as error:
        bring(store, tmp_path, lines(*ROWS), mapping(actor=None))
    assert error.value.place == "tickets.csv, row 1, column 'case'"
    assert everything(store) == before


def test_a_case_whose_first_rows_were_dropped_goes_on(tmp_path):
    """A file that begins in the middle of what is known adds its new rows."""
    store, whole = memory(), memory()
    rows = ["A,0,New,3,T,a", "A,1,Work,3,T,a", "A,3,Work,3,U,a", "A,5,Done,3,U,a"]
    bring(store, tmp_path, lines(*rows[:3]))
    report = bring(store, tmp_path, lines(*rows[1:]))
    bring(whole, tmp_path, lines(*rows))
    assert (report.events, report.late) == (1, 0)
    assert steps(store, "A") == steps(whole, "A")


@pytest.mark.parametrize(
    ("row", "place", "reason", "changes"),
    [
        ("C,3,Gone,3,T,a", "row 4, column 'state'", "'Gone' is a state that the mapping does not know; it knows", {}),
        ("C,3,,3,T,a", "row 4, column 'state'", "'' is a state that the mapping does not know", {}),
        ("C,3,New,9,T,a", "row 4, column 'level'", "'9' is a level that the mapping does not know; it knows", {}),
        (",3,New,3,T,a", "row 4, column 'case'", "holds nothing; every row must name its case", {}),
        ("C,3,New,3,T", "row 4, column 'by'", "has 5 cells, the header names 6", {}),
        (
            "C,3,New,3,T,a", "row 1, column 'at'", "does not look like '%d/%m/%Y'",
            {"time": {"column": "at", "format": "%d/%m/%Y", "zone": "UTC"}},
        ),
        ("C,3,New,3,T,a", "row 1, column 'at'", "has no offset; name the zone", {"time": {"column": "at"}}),
        (f"C,3,New,3,{'T' * 130_000},{'a' * 130_000}", "row 4", "the mapped cells take 265,060 bytes", {"key": ["n"]}),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_the_whole_rows_before_it_are_stored(tmp_path, row, place, reason, changes):
    """The message names file, row and column and what would be accepted; `row` is the last row that was stored."""
    store = memory()
    header = HEADER + (",n" if "key" in changes else "")
    texts = [*ROWS[:3], row, *ROWS[3:]]
    file = lines(*[f"{text},{'x' * 5_000}" if "key" in changes else text for text in texts], header=header)
    with pytest.raises(ImportRejected) as error:
        bring(store, tmp_path, file, mapping(**changes))
    assert error.value.place == f"tickets.csv, {place}"
    assert reason in str(error.value)
    stored = int(place.split()[1].strip(",")) - 1
    assert error.value.row == (stored or None)
    assert error.value.as_dict()["row"] == (stored or None)
    note = f"tickets.csv is stored up to row {stored}; mend the file and import it again to go on"
    assert getattr(error.value, "__notes__", []) == ([note] if stored else [])
    assert {event.source["row"] for case in "ABC" for event in history(store, case)} == set(range(1, stored + 1))


def test_an_import_that_was_refused_goes_on_when_the_file_is_mended(tmp_path):
    """What was stored before the damage is not told twice."""
    mended, whole = memory(), memory()
    with pytest.raises(ImportRejected):
        bring(mended, tmp_path, lines(*ROWS[:4], "A,5,Dome,3,U,a"), batch=2)
    bring(mended, tmp_path, lines(*ROWS), batch=2)
    bring(whole, tmp_path, lines(*ROWS), batch=2)
    assert everything(mended) == everything(whole)


def test_a_dry_run_names_no_stored_row(tmp_path):
    """Nothing was stored, so the error says so."""
    with pytest.raises(ImportRejected) as error:
        bring(memory(), tmp_path, lines(*ROWS, "A,9,Gone,3,U,a"), dry_run=True)
    assert error.value.row is None


def test_an_unknown_state_is_recorded_where_the_mapping_says_so(tmp_path):
    """The step is kept as it is, in the state where the incident stands, and reported with its rows."""
    store = memory()
    how = mapping(state={"columns": ["state"], "unknown": "record", "map": {"New": "reported", "Done": "resolved"}})
    report = bring(store, tmp_path, lines("A,0,Odd,3,T,a", "A,1,Odd,3,T,a", "A,2,Done,3,T,a", "A,3,Even,3,T,a"), how)
    recorded = [one.data.step for one in history(store, "A") if one.type == "StepRecorded"]
    assert recorded == ["Odd", "Even"]
    assert report.unknown_states == {"Even": 1, "Odd": 2}


def test_an_unknown_level_is_ignored_where_the_mapping_says_so(tmp_path):
    """The level stays what it was."""
    store = memory()
    how = mapping(level={"columns": ["level"], "unknown": "ignore", "map": {"3": 3}})
    bring(store, tmp_path, lines("A,0,Work,3,T,a", "A,1,Work,low,T,a"), how)
    assert [one.type for one in history(store, "A")].count("LevelChanged") == 0


def test_null_markers_stand_for_nothing(tmp_path):
    """A marked cell is an empty one, in every column."""
    store = memory()
    bring(store, tmp_path, lines("A,0,New,?,?,?"), mapping(nulls=["?"]))
    (event,) = history(store, "A")
    assert (event.actor, event.data.team) == (None, None)


def test_rows_are_imported_in_the_order_of_their_columns(tmp_path):
    """A file in disorder gives the history that its times tell; the rows keep their numbers in the file."""
    store = memory()
    bring(store, tmp_path, lines(*reversed(ROWS)), mapping(order=[{"column": "at", "as": "time"}]))
    assert [event.source["row"] for event in history(store, "A")] == [6, 6, 6, 5, 3, 1]


def test_columns_of_the_future_are_never_read(tmp_path):
    """What stands under `future` changes no event: only exact duplicates look at every cell."""
    known, unknown = memory(), memory()
    for store, end in ((known, "2026-03-01"), (unknown, "")):
        rows = lines(*[f"{row},{end}" for row in ROWS], header=HEADER + ",closed")
        bring(store, tmp_path, rows, mapping(future=["closed"]))
    assert everything(known) == everything(unknown)


class FailingStore(MemoryEventStore):
    """A log that takes some appends and is full then."""

    appends = 2

    def append(self, *writes, require=None):
        if self.appends == 0:
            raise StoreFull("the disk is full")
        self.appends -= 1
        return super().append(*writes, require=require)


class SlowStore(MemoryEventStore):
    """A log to which something else happens just before its first append."""

    meanwhile = None

    def append(self, *writes, require=None):
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().append(*writes, require=require)


@pytest.mark.parametrize("rows", [6, 2, 0])
def test_imports_of_one_file_side_by_side_count_each_event_once(tmp_path, rows):
    """What another import of the same file stored meanwhile is not counted as added; 0 rows is the control."""
    store = SlowStore(clock=lambda: NOW)
    others = []
    store.meanwhile = lambda: others.append(bring(store, tmp_path, lines(*ROWS[:rows]), batch=2, name="same.csv"))
    mine = bring(store, tmp_path, lines(*ROWS), batch=2)
    assert mine.events + others[0].events == len(everything(store))
    assert (others[0].events > 0) is (rows > 0)
    whole = memory()
    assert counts(bring(whole, tmp_path, lines(*ROWS), batch=2)) == {**counts(mine), "events": len(everything(store))}
    assert everything(store) == everything(whole)


def test_a_store_that_fails_leaves_whole_batches_and_says_which(tmp_path):
    """The store's error keeps its kind, a note names the last stored row, and the import goes on later."""
    store = FailingStore(clock=lambda: NOW)
    with pytest.raises(StoreFull) as error:
        bring(store, tmp_path, lines(*ROWS), batch=2)
    assert error.value.__notes__ == ["tickets.csv is stored up to row 4; run the import again to go on"]
    assert {event.source["row"] for case in "AB" for event in history(store, case)} == {1, 2, 3, 4}
    store.appends = 9
    bring(store, tmp_path, lines(*ROWS), batch=2)
    whole = memory()
    bring(whole, tmp_path, lines(*ROWS), batch=2)
    assert everything(store) == everything(whole)


def test_a_store_that_fails_at_once_says_that_nothing_was_stored(tmp_path):
    """The note of the first batch names no row."""
    store = FailingStore(clock=lambda: NOW)
    store.appends = 0
    with pytest.raises(StoreFull) as error:
        bring(store, tmp_path, lines(*ROWS))
    assert error.value.__notes__ == ["tickets.csv is stored up to no row; run the import again to go on"]


def test_progress_is_told_batch_by_batch(tmp_path):
    """The callback gets the rows read, the bytes read and the bytes there are."""
    told = []
    bring(memory(), tmp_path, lines(*ROWS), batch=2, progress=lambda *news: told.append(news))
    size = (tmp_path / "tickets.csv").stat().st_size
    assert told == [(2, size, size), (4, size, size), (6, size, size)]


def test_a_mapping_for_another_plan_is_refused_before_anything_is_read(tmp_path):
    """A level that the plan does not have is an error of the mapping, and no file is opened."""
    with pytest.raises(InvalidMapping, match="9 is not a level of the plan"):
        bring(memory(), tmp_path, "", mapping(level={"columns": ["level"], "map": {"1": 9}}))


def test_large_rows_are_stored_in_smaller_batches(tmp_path):
    """Batches stay within what one append takes, however large the rows are."""
    store = memory()
    rows = [f"C{n},0,Work,3,{'T' * 60_000},{'a' * 60_000}" for n in range(60)]
    report = bring(store, tmp_path, lines(*rows))
    assert (report.rows, report.events) == (60, 240)
