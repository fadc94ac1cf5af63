"""Bad input: exit status 2 or 3, a message with the place, and the database as it was or at a named row.

Each case says where its fault stands, the value that is wrong and what would be accepted; the same file without the
fault is imported afterwards, and leaves what it leaves in a log that never met the fault.
"""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from command_line import CommandLine, without_privileges
from foreign import HEADER, MAPPING, NOW, lines
from respond.store.sql import SqlEventStore
from respond.store.sql.sqlite import SqliteDialect
from sql_logs import raw, set_revision

STATES = ("New", "Work", "Wait", "Done", "Closed")
ROWS = [f"C{n // 5},{n},{STATES[n % 5]},3,T,a" for n in range(200)]
"""Forty cases of five rows each."""
WHOLE = lines(*ROWS)
BEFORE = lines(*ROWS[:100])
AFTER = "".join(f"{line}\n" for line in WHOLE.splitlines()[101:])
FORMATTED = MAPPING.replace('column = "at"', 'column = "at"\nformat = "%Y-%m-%dT%H:%M:%S"')
IN_ROME = MAPPING.replace('zone = "UTC"', 'zone = "Europe/Rome"')
NO_ZONE = MAPPING.replace('zone = "UTC"', "")


def row(at: str = "2026-02-03T03:20:00", state: str = "New", level: str = "3") -> str:
    """Return a row of a case of its own, as row 101 of the file or as its only one."""
    return f"Z,{at},{state},{level},T,a\n"


def alone(*rows: str) -> str:
    """Return a CSV file of *rows*."""
    return "".join([f"{HEADER}\n", *rows])


def xes(*events: str, before: str = "", after: str = "") -> str:
    """Return an XES file with one trace, Z, of *events*, each of them a time and a state."""
    told = "".join(
        f'<event><string key="at" value="{at}"/><string key="state" value="{state}"/></event>'
        for at, _, state in (event.partition(" ") for event in events)
    )
    return f'{before}<log><trace><string key="concept:name" value="Z"/>{told}{after}</trace></log>'


XES = MAPPING.replace('"csv"', '"xes"').replace('case = "case"', 'case = "case:concept:name"').partition("[level]")[0]
TWO = ("2026-02-03T03:20:00Z New", "2026-02-03T03:21:00Z Work")
THREE = (*TWO, "2026-02-03T03:22:00Z Wait")
BOMB = '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@attrs.frozen(kw_only=True)
class Bad:
    """A file, or a mapping, with one fault."""

    data: str | bytes
    place: str
    """What the message begins with."""
    value: str = ""
    """What is wrong, as the message shows it."""
    accepted: str
    """What would be accepted, or what to do about it."""
    code: str = "import-rejected"
    name: str = "log.csv"
    mapping: str = MAPPING
    stored: int | None = None
    """The last row that is stored when the import breaks off."""
    mended: str | bytes = WHOLE
    """The file without its fault."""
    mended_mapping: str = ""
    """The mapping without its fault, where that has one."""


FILES = {
    "gzip, cut off in its first row": Bad(
        name="log.csv.gz",
        data=gzip.compress(WHOLE.encode())[:20],
        mended=gzip.compress(WHOLE.encode()),
        place="log.csv.gz, before the end of row 1",
        accepted="fetch the whole file",
    ),
    "gzip, cut off after row 100": Bad(
        name="log.csv.gz",
        data=gzip.compress(BEFORE.encode()) + gzip.compress(AFTER.encode())[:15],
        mended=gzip.compress(WHOLE.encode()),
        place="log.csv.gz, after row 100",
        accepted="fetch the whole file",
        stored=100,
    ),
    "gzip, damaged in its header": Bad(
        name="log.csv.gz",
        data=b"\x1f\x8b" + b"\x00" * 40,
        mended=gzip.compress(WHOLE.encode()),
        place="log.csv.gz",
        value="Unknown compression method",
        accepted="fetch it again",
    ),
    "gzip, damaged after row 100": Bad(
        name="log.csv.gz",
        data=gzip.compress(BEFORE.encode()) + b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 100,
        mended=gzip.compress(WHOLE.encode()),
        place="log.csv.gz",
        value="invalid block type",
        accepted="fetch it again",
    ),
    "gzip with an altered cell, which only its checksum tells": Bad(
        name="log.csv.gz",
        data=gzip.compress(WHOLE.encode(), 0).replace(b"02:30:00,New,3", b"02:30:00,New,4"),
        mended=gzip.compress(WHOLE.encode()),
        place="log.csv.gz",
        value="CRC check failed",
        accepted="fetch it again",
    ),
    "gzip by its name alone": Bad(
        name="log.csv.gz",
        data=WHOLE,
        mended=gzip.compress(WHOLE.encode()),
        place="log.csv.gz",
        value="b'ca'",
        accepted="give it its true ending",
    ),
    "wrong delimiter": Bad(
        data=WHOLE.replace(",", ";"),
        mended_mapping=f'{MAPPING}\n[csv]\ndelimiter = ";"\n',
        mended=WHOLE.replace(",", ";"),
        place="log.csv, header",
        value=f"{HEADER.replace(',', ';')!r}",
        accepted='write delimiter = ";" under [csv]',
    ),
    "missing column": Bad(
        data=WHOLE.replace("level", "levle"),
        place="log.csv, header",
        value="'level'",
        accepted="did you mean 'levle'? there are: case, at, state, levle, team, by",
    ),
    "a column twice": Bad(
        data=WHOLE.replace("team,by", "team,team"),
        place="log.csv, header",
        value="'team'",
        accepted="rename one of them",
    ),
    "nothing in the file": Bad(data="", place="log.csv", value="is empty", accepted="must name the columns"),
    "undecodable byte": Bad(
        data=(BEFORE + row() + AFTER).encode().replace(b"Z,2026", b"\xff,2026"),
        place="log.csv, after row 100",
        value=f"byte 0xff at offset {len(BEFORE):,} is not utf-8",
        accepted='encoding = "cp1252" under [csv]',
        stored=100,
    ),
    "another encoding": Bad(
        data=WHOLE.encode("utf-16"),
        mended=WHOLE.encode("utf-16"),
        mended_mapping=f'{MAPPING}\n[csv]\nencoding = "utf-16"\n',
        place="log.csv, before the end of row 1",
        value="byte 0xff at offset 0",
        accepted="name the encoding of the file",
    ),
    "narrow row": Bad(
        data=BEFORE + "Z,2026-02-03T03:20:00\n" + AFTER,
        place="log.csv, row 101, column 'state'",
        value="has 2 cells",
        accepted="the header names 6; quote the cells that hold the delimiter, or mend the row",
        stored=100,
    ),
    "wide row": Bad(
        data=BEFORE + row().replace("\n", ",b,c\n") + AFTER,
        place="log.csv, row 101",
        value="has 8 cells",
        accepted="the header names 6; quote the cells that hold the delimiter, or mend the row",
        stored=100,
    ),
    "a quote that is not closed": Bad(
        data=BEFORE + row().replace("Z,", '"Z,'),
        place="log.csv, row 101",
        value="ends inside a quoted cell",
        accepted="close the quote",
        stored=100,
    ),
    "oversized cell": Bad(
        data=BEFORE + row(state="x" * 140_000) + AFTER,
        place="log.csv, row 101",
        value="a cell has more than 131,072 characters",
        accepted="often a quote that is never closed",
        stored=100,
    ),
}
CELLS = {
    "unparsable time": Bad(
        data=BEFORE + row(at="noon") + AFTER,
        place="log.csv, row 101, column 'at'",
        value="'noon'",
        accepted="ISO 8601",
        stored=100,
    ),
    "a time of another format": Bad(
        data=BEFORE + row(at="03.02.2026 03:20") + AFTER,
        mapping=FORMATTED,
        place="log.csv, row 101, column 'at'",
        value="'03.02.2026 03:20'",
        accepted="'%Y-%m-%dT%H:%M:%S'",
        stored=100,
    ),
    "a day that is none": Bad(
        data=alone(row(at="2026-02-30T03:20:00")),
        mapping=FORMATTED,
        place="log.csv, row 1, column 'at'",
        value="'2026-02-30T03:20:00'",
        accepted="day is out of range for month",
    ),
    "a time that happens twice": Bad(
        data=BEFORE + row(at="2010-10-31T02:30:00") + AFTER,
        mapping=IN_ROME,
        place="log.csv, row 101, column 'at'",
        value="2010-10-31T02:30:00 happens twice in Europe/Rome",
        accepted="earlier",
        stored=100,
    ),
    "a time that never happens": Bad(
        data=BEFORE + row(at="2010-03-28T02:30:00") + AFTER,
        mapping=IN_ROME,
        place="log.csv, row 101, column 'at'",
        value="2010-03-28T02:30:00",
        accepted="Europe/Rome",
        stored=100,
    ),
    "a time without an offset": Bad(
        data=alone(row()),
        mapping=NO_ZONE,
        mended=alone(row(at="2026-02-03T03:20:00Z")),
        place="log.csv, row 1, column 'at'",
        value="'2026-02-03T03:20:00' has no offset",
        accepted="name the zone of such times",
    ),
    "no time": Bad(
        data=BEFORE + row(at="") + AFTER,
        place="log.csv, row 101, column 'at'",
        value="holds nothing",
        accepted="every row needs a time",
        stored=100,
    ),
    "no case": Bad(
        data=BEFORE + row().replace("Z,", ",") + AFTER,
        place="log.csv, row 101, column 'case'",
        value="holds nothing",
        accepted="every row must name its case",
        stored=100,
    ),
    "unknown state": Bad(
        data=BEFORE + row(state="Gone") + AFTER,
        place="log.csv, row 101, column 'state'",
        value="'Gone' is a state that the mapping does not know",
        accepted="it knows 'New', 'Seen', 'Work', 'Wait', 'Memo', 'Done', 'Closed', 'Void'; add it under [state.map]",
        stored=100,
    ),
    "unknown level": Bad(
        data=BEFORE + row(level="5") + AFTER,
        place="log.csv, row 101, column 'level'",
        value="'5' is a level that the mapping does not know",
        accepted="it knows '1', '2', '3', '4'; add it under [level.map]",
        stored=100,
    ),
}
XES_FILES = {
    "XML with a DOCTYPE": Bad(
        data=xes(*TWO, before=BOMB).replace("Work", "&b;"),
        place="log.xes, line 1",
        value="a DOCTYPE",
        accepted="remove it",
    ),
    "XML with 10,000 levels of nesting": Bad(
        data="<log>" + "<list>" * 10_000 + "</list>" * 10_000 + "</log>",
        place="log.xes, line 1",
        value="elements nest deeper than 64",
        accepted="XES needs 5 or so",
    ),
    "XML with 10,000 levels of nesting after row 2": Bad(
        data=xes(*TWO, after="<list>" * 10_000 + "</list>" * 10_000),
        place="log.xes, line 1, after row 2",
        value="elements nest deeper than 64",
        accepted="XES needs 5 or so",
        stored=2,
    ),
    "XML with 10,000 levels in one event": Bad(
        data=xes(*TWO).replace("</event></trace>", "<list>" * 10_000 + "</list>" * 10_000 + "</event></trace>"),
        place="log.xes, line 1, after row 1",
        value="elements nest deeper than 64",
        accepted="XES needs 5 or so",
        stored=1,
    ),
    "XML that is cut off between two elements": Bad(
        data=xes(*TWO)[:-14],
        place="log.xes, line 1, after row 2",
        value="the file ends before its last element",
        accepted="fetch the whole file",
        stored=2,
    ),
    "XML that is cut off in an element": Bad(
        data=xes(*TWO)[:-20],
        place="log.xes, line 1, after row 1",
        value="the file ends inside an element",
        accepted="fetch the whole file",
        stored=1,
    ),
    "gzip of XML, cut off": Bad(
        name="log.xes.gz",
        data=gzip.compress(xes(*TWO).encode())[:-12],
        mended=gzip.compress(xes(*THREE).encode()),
        place="log.xes.gz, after row 2",
        accepted="fetch the whole file",
        stored=2,
    ),
    "another root": Bad(
        data="<html/>", place="log.xes, line 1", value="the root element is <html>", accepted="expected <log>"
    ),
    "an undecodable byte in XML": Bad(
        data=xes(*TWO).encode().replace(b"Work", b"\xff"),
        place="log.xes, line 1, after row 1",
        value="not well-formed XML at byte",
        accepted="save the file as UTF-8, or name its encoding in the first line",
        stored=1,
    ),
    "an encoding that XML readers need not know": Bad(
        data=xes(*TWO, before='<?xml version="1.0" encoding="ebcdic-cp-us"?>'),
        place="log.xes, line 1",
        value="unknown encoding",
        accepted="save the file as UTF-8",
    ),
    "an event without a time": Bad(
        data=xes(*TWO).replace("2026-02-03T03:21:00Z", ""),
        place="log.xes, row 2, column 'at'",
        value="holds nothing",
        accepted="every row needs a time",
        stored=1,
    ),
    "an event of an unknown state": Bad(
        data=xes(*TWO).replace("Work", "Gone"),
        place="log.xes, row 2, column 'state'",
        value="'Gone' is a state that the mapping does not know",
        accepted="add it under [state.map]",
        stored=1,
    ),
}
MAPPINGS = {
    "an unknown key": Bad(
        data=WHOLE,
        mapping="teem = 1\n" + MAPPING,
        place="m.toml: teem",
        value="is not a key here",
        accepted="did you mean team?",
    ),
    "an unknown key in a table": Bad(
        data=WHOLE,
        mapping=MAPPING.replace("[time]", '[time]\ntimezone = "UTC"'),
        place="m.toml: time.timezone",
        value="is not a key here",
        accepted="the keys are ambiguous, column, format, precision, zone",
    ),
    "a missing key": Bad(
        data=WHOLE, mapping=MAPPING.replace('case = "case"', ""), place="m.toml: case", accepted="is missing"
    ),
    "a value of another type": Bad(
        data=WHOLE,
        mapping=MAPPING.replace('case = "case"', "case = 3"),
        place="m.toml: case",
        value="not 3",
        accepted="must be text",
    ),
    "a format that is not read": Bad(
        data=WHOLE,
        mapping=MAPPING.replace('"csv"', '"xlsx"'),
        place="m.toml: format",
        value="'xlsx'",
        accepted="is not one of csv, xes",
    ),
    "a state that the workflow has not": Bad(
        data=WHOLE,
        mapping=MAPPING.replace('"Void" = "cancelled"', '"Void" = "dropped"'),
        place="m.toml: state.map.Void",
        value="'dropped' is not a state",
        accepted="write one of reported, assessed",
    ),
    "a level that the plan has not": Bad(
        data=WHOLE,
        mapping=MAPPING.replace('"4" = 4', '"4" = 40'),
        place="m.toml: level.map.4",
        value="40 is not a level",
        accepted="it has 1 (the worst) to 4",
    ),
    "a zone that does not exist": Bad(
        data=WHOLE,
        mapping=MAPPING.replace('"UTC"', '"Europe/Roma"'),
        place="m.toml: time.zone",
        value="'Europe/Roma'",
        accepted="Europe/Rome",
    ),
    "a column that leaks the future": Bad(
        data=WHOLE,
        mapping='future = ["level"]\n' + MAPPING,
        place="m.toml: level.columns[0]",
        value="'level'",
        accepted="future",
    ),
    "a file that is no TOML": Bad(
        data=WHOLE, mapping="log = \n" + MAPPING, place="m.toml", value="line 1, column 7", accepted="is not TOML"
    ),
}
BAD = {
    **FILES,
    **CELLS,
    **{
        name: attrs.evolve(
            bad,
            name=bad.name.replace("log.csv", "log.xes"),
            mapping=XES,
            mended=xes(*THREE) if bad.mended == WHOLE else bad.mended,
        )
        for name, bad in XES_FILES.items()
    },
    **{name: attrs.evolve(bad, code="invalid-mapping", mended_mapping=MAPPING) for name, bad in MAPPINGS.items()},
}


@pytest.fixture
def desk(monkeypatch) -> Iterator[Path]:
    """Return a folder that every account can read, with a mapping and a log; commands run in it."""
    folder = Path(tempfile.mkdtemp(prefix="respond-bad-input-"))
    folder.chmod(0o755)
    (folder / "csv.toml").write_text(MAPPING)
    (folder / "good.csv").write_text(lines("A,0,New,3,T,a", "A,1,Work,3,T,a"))
    monkeypatch.chdir(folder)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def write(name: str, data: str | bytes, mapping: str) -> tuple[str, ...]:
    """Write a file and its mapping, and return the command that imports it."""
    Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    Path("m.toml").write_text(mapping)
    return "import", name, "--mapping", "m.toml"


def content(url: str) -> list[tuple[int, str, bytes | None, bytes]]:
    """Return what the log holds, byte by byte."""
    with SqlEventStore.open(url, clock=lambda: NOW) as store:
        return [(row.position, row.id, row.body, row.leaf) for row in store.read_all(limit=10_000)]


def ids(url: str) -> set[str]:
    """Return the ids of the events in the log."""
    return {event_id for _, event_id, _, _ in content(url)}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_2_names_its_place_and_leaves_whole_rows(case, cli, desk):
    """The message tells place, value and what would be accepted; what was stored is whole, and the mended file goes on.

    Nothing is stored unless whole rows stand before the fault; then the error names the last of them.
    """
    bad = BAD[case]
    cli.ask("import", "good.csv", "--mapping", "csv.toml")
    before = content(cli.url)
    error = cli.refusal(*write(bad.name, bad.data, bad.mapping), status=2)
    assert error["code"] == bad.code
    assert error["message"].startswith(f"{bad.place}: ")
    assert bad.value in error["message"]
    assert bad.accepted in error["message"]
    assert error.get("row") == bad.stored
    found = content(cli.url)
    assert found[: len(before)] == before
    rows = {json.loads(body)["source"]["row"] for _, _, body, _ in found[len(before) :]}
    assert max(rows, default=None) == bad.stored
    assert cli.ask("check")["clean"] is True
    mended = write(bad.name, bad.mended, bad.mended_mapping or bad.mapping)
    assert cli.ask(*mended)["events"] > 0
    never = CommandLine(f"sqlite:///{desk / 'never.db'}", cli.capsys)
    never.ask("import", "good.csv", "--mapping", "csv.toml")
    never.ask(*mended)
    assert ids(cli.url) == ids(never.url)


@pytest.mark.parametrize("database", ["postgresql_url", "mariadb_url"])
def test_bad_input_leaves_a_server_as_it_was(request, capsys, desk, database):
    """Every fault with no whole row before it leaves the log on a server as it was, one after the other."""
    cli = CommandLine(request.getfixturevalue(database), capsys)
    cli.ask("import", "good.csv", "--mapping", "csv.toml")
    before = content(cli.url)
    for bad in BAD.values():
        if bad.stored is None:
            assert cli.refusal(*write(bad.name, bad.data, bad.mapping), status=2)["code"] == bad.code
    assert content(cli.url) == before
    assert cli.ask("check")["clean"] is True


def test_a_file_that_is_stored_under_another_mapping_is_refused(cli, desk):
    """A mapping that reads the rows of a stored log in another way ends with 2, and changes nothing."""
    cli.ask("import", "good.csv", "--mapping", "csv.toml")
    before = content(cli.url)
    asked = write("good.csv", Path("good.csv").read_text(), MAPPING.replace('actor = "by"', ""))
    error = cli.refusal(*asked, status=2)
    assert (error["place"], error["row"]) == ("good.csv, row 1, column 'case'", None)
    assert "the case 'A' of the log 'tickets' is stored already, and not with this row first" in error["message"]
    assert content(cli.url) == before


# -- databases ---------------------------------------------------------------------------------------------------------


@contextmanager
def read_only(url: str) -> Iterator[str]:
    """Yield a URL under which the log may only be read."""
    parsed = make_url(url)
    name = str(parsed.database)
    match parsed.get_backend_name():
        case "sqlite":
            Path(name).chmod(0o444)
            Path(name).parent.chmod(0o555)
            with without_privileges():
                yield url
        case "postgresql":
            with raw(url) as connection:
                connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
            yield url
        case _:
            with raw(url) as connection:
                connection.execute(text(f"CREATE USER {name}@'127.0.0.1'"))
                try:
                    connection.execute(text(f"GRANT SELECT ON {name}.* TO {name}@'127.0.0.1'"))
                    yield parsed.set(username=name, password=None).render_as_string(hide_password=False)
                finally:
                    connection.execute(text(f"DROP USER {name}@'127.0.0.1'"))


@contextmanager
def newer(url: str) -> Iterator[str]:
    """Let the log seem to be of a newer release."""
    set_revision(url, "9999")
    yield url


@contextmanager
def not_ours(url: str) -> Iterator[str]:
    """Put tables of another program where the log was."""
    with raw(url) as connection:
        names = inspect(connection).get_table_names()
        for name in names:
            connection.execute(text(f"DROP TABLE {name}"))
        connection.execute(text("CREATE TABLE letters (words VARCHAR(20))"))
        connection.execute(text("INSERT INTO letters VALUES ('Dear Sir')"))
    yield url


@contextmanager
def not_a_database(url: str) -> Iterator[str]:
    """Put a letter where the log was."""
    Path(str(make_url(url).database)).write_text("Dear Sir,\n" * 200)
    yield url


@contextmanager
def full(url: str, *, spare_pages: int = 0) -> Iterator[str]:
    """Leave so many pages of room in the file."""
    with raw(url) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + spare_pages
    prepare_writer = SqliteDialect.prepare_writer

    def prepare(self: SqliteDialect, connection: Any) -> None:
        prepare_writer(self, connection)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDialect, "prepare_writer", prepare)
        yield url


SERVERS = ("postgresql_url", "mariadb_url")
DATABASES = [
    *((newer, name, "schema-too-new", "upgrade respond") for name in ("sqlite_url", *SERVERS)),
    *((not_ours, name, "wrong-database", "run `respond db init` to make one") for name in ("sqlite_url", *SERVERS)),
    (not_a_database, "sqlite_url", "wrong-database", "name another file"),
    (full, "sqlite_url", "store-full", "free space and try again"),
    (read_only, "sqlite_url", "store-read-only", "give write access"),
    (read_only, "postgresql_url", "store-read-only", "connect to the primary"),
    (read_only, "mariadb_url", "store-read-only", "connect as a user that may append"),
]
WRITING = (
    ("import", "more.csv", "--mapping", "csv.toml"),
    ("report", "--category", "other", "--title", "x" * 20_000),
    ("note", "INC-1", "x" * 20_000),
)


def everything(url: str) -> Any:
    """Return every row of every table, or the bytes of a file that is no database."""
    if (path := Path(str(make_url(url).database))).exists() and not path.read_bytes().startswith(b"SQLite"):
        return path.read_bytes()
    with raw(url) as connection:
        names = sorted(inspect(connection).get_table_names())
        return {name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")))) for name in names}


@pytest.mark.parametrize(
    ("fault", "database", "code", "accepted"), DATABASES, ids=[f"{one[0].__name__} {one[1]}" for one in DATABASES]
)
def test_a_database_that_takes_nothing_ends_with_3_and_stays_as_it_was(
    request, capsys, desk, fault, database, code, accepted
):
    """Import, report and note end with 3, name the database and what to do, and no row of any table changes."""
    given = f"sqlite:///{desk / 'x.db'}" if database == "sqlite_url" else request.getfixturevalue(database)
    (desk / "more.csv").write_text(WHOLE)
    cli = CommandLine(given, capsys)
    cli.ask("import", "good.csv", "--mapping", "csv.toml")
    cli.ask("report", "--category", "other", "--title", "The control")
    cli.ask("note", "INC-1", "The control")
    with fault(given) as url:
        before = everything(given)
        for command in WRITING:
            error = CommandLine(url, capsys).refusal(*command, status=3)
            assert error["code"] == code
            assert str(make_url(given).database) in error["message"]
            assert accepted in error["message"]
        assert everything(given) == before


def test_an_import_into_a_database_that_gets_full_goes_on_later(cli, desk):
    """Whole batches are kept, a note names the last row; with room again, the import leaves what any other leaves."""
    rows = [f"C{n // 5},{n // 2},{STATES[n % 5]},3,T,{n}" for n in range(2000)]
    whole = write("log.csv", lines(*rows), MAPPING)
    cli.ask("db", "init")
    with full(cli.url, spare_pages=600):
        error = cli.refusal(*whole, status=3)
    stored = max(json.loads(body)["source"]["row"] for _, _, body, _ in content(cli.url))
    assert error["code"] == "store-full"
    assert error["notes"] == [f"log.csv is stored up to row {stored}; run the import again to go on"]
    assert 0 < stored < len(rows)
    assert cli.ask("check")["clean"] is True
    cli.ask(*whole)
    roomy = CommandLine(f"sqlite:///{desk / 'roomy.db'}", cli.capsys)
    roomy.ask(*whole)
    assert [one[1] for one in content(cli.url)] == [one[1] for one in content(roomy.url)]
