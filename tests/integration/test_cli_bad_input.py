"""Bad input to an import: exit status 2 or 3, a message with the place, and the database as it was."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event

from command_line import CommandLine, without_privileges
from foreign import HEADER, MAPPING, NOW, lines, mapping
from respond.errors import StoreFull
from respond.plan.plan import Plan
from respond.store.sql import SqlEventStore
from respond.store.sql.sqlite import driver
from respond.transfer.importer import import_log

GOOD = lines("A,0,New,3,T,a", "A,1,Work,3,T,a")
ROWS = [f"C{n // 5},{n},{state},3,T,a" for n, state in enumerate(["New", "Work", "Wait", "Done", "Closed"] * 40)]
XES_MAPPING = MAPPING.replace('"csv"', '"xes"')


@pytest.fixture
def desk(cli, tmp_path, monkeypatch) -> Path:
    """Return a folder with a mapping and a log that was imported; commands run in it."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "csv.toml").write_text(MAPPING)
    (folder / "xes.toml").write_text(XES_MAPPING)
    (folder / "good.csv").write_text(GOOD)
    assert cli.ask("import", "good.csv", "--mapping", "csv.toml")["events"] == 4
    return folder


def content(url):
    """Return what the log holds, byte by byte."""
    with SqlEventStore.open(url, clock=lambda: NOW) as store:
        return [(row.position, row.id, row.body, row.leaf) for row in store.read_all(limit=10_000)]


TIME_IN_ROME = MAPPING.replace('zone = "UTC"', 'zone = "Europe/Rome"')
XES = '<log><trace><event><string key="case" value="X"/></event></trace></log>'
BAD = {
    "truncated gzip": ("log.csv.gz", gzip.compress(lines(*ROWS).encode())[:40], None, "the gzip file is cut off"),
    "damaged gzip": ("log.csv.gz", b"\x1f\x8b" + b"\x00" * 40, None, "the gzip file is damaged"),
    "no gzip": ("log.csv.gz", GOOD, None, "is not gzip"),
    "wrong delimiter": ("log.csv", GOOD.replace(",", ";"), None, 'write delimiter = ";" under [csv]'),
    "missing column": ("log.csv", GOOD.replace("level", "lvl"), None, "log.csv, header: the column 'level'"),
    "undecodable byte": ("log.csv", HEADER.encode() + b"\nZ,\xff,", None, "end of row 1: byte 0xff at offset 30"),
    "unparsable time": ("log.csv", f"{HEADER}\nZ,noon,New,3,T,a\n", None, "row 1, column 'at': 'noon' is not an ISO"),
    "ambiguous time": ("log.csv", f"{HEADER}\nZ,2010-10-31T02:30,New,3,T,a\n", TIME_IN_ROME, "happens twice in Europe"),
    "unknown state": ("log.csv", lines("Z,0,Gone,3,T,a"), None, "row 1, column 'state': 'Gone' is a state"),
    "unknown level": ("log.csv", lines("Z,0,New,5,T,a"), None, "row 1, column 'level': '5' is a level"),
    "oversized cell": ("log.csv", f"{HEADER}\nZ,{'x' * 140_000},New,3,T,a\n", None, "row 1: a cell has more than"),
    "ragged row": ("log.csv", f"{HEADER}\nZ,0,New\n", None, "row 1, column 'level': has 3 cells, the header names 6"),
    "empty file": ("log.csv", b"", None, "log.csv: is empty"),
    "doctype": ("log.xes", f"<!DOCTYPE log>{XES}", XES_MAPPING, "line 1: a DOCTYPE stands here"),
    "deep nesting": ("log.xes", "<log>" + "<list>" * 10_000, XES_MAPPING, "elements nest deeper than 64"),
    "no time in XES": ("log.xes", XES.replace("/></event", '/><string key="state" value="New"/></event'), XES_MAPPING,
                       "row 1, column 'at': holds nothing; every row needs a time"),
    "unknown key": ("log.csv", GOOD, "teem = 1\n" + MAPPING, "m.toml: teem: is not a key here; did you mean team?"),
    "future column": ("log.csv", GOOD, 'future = ["level"]\n' + MAPPING, "level.columns[0]: 'level' is listed"),
    "another mapping": ("log.csv", GOOD, MAPPING.replace('actor = "by"', ""), "is stored already, and not with"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_2_and_changes_nothing(case, cli, desk):
    """The message names the place and what would be accepted; the log holds what it held, and checks clean."""
    name, data, how, says = BAD[case]
    (desk / name).write_bytes(data.encode() if isinstance(data, str) else data)
    (desk / "m.toml").write_text(how or MAPPING)
    before = content(cli.url)
    error = cli.refusal("import", name, "--mapping", "m.toml", status=2)
    assert error["code"] in {"import-rejected", "invalid-mapping"}
    assert says in error["message"]
    assert error.get("row") is None
    assert content(cli.url) == before
    assert cli.ask("check")["clean"] is True


def test_the_same_input_without_its_fault_is_imported(cli, desk):
    """The control: what the cases above break is accepted when it is whole."""
    (desk / "log.csv.gz").write_bytes(gzip.compress(lines(*ROWS).encode()))
    assert cli.ask("import", "log.csv.gz", "--mapping", "csv.toml")["rows"] == len(ROWS)


def test_a_log_that_is_cut_off_is_stored_up_to_a_named_row(cli, desk):
    """Whole rows before the cut are stored, the error names the last one, and the whole file adds the rest."""
    whole = lines(*ROWS).encode()
    (desk / "log.csv").write_bytes(whole[: len(whole) // 2])
    error = cli.refusal("import", "log.csv", "--mapping", "csv.toml", status=2)
    assert 0 < error["row"] < len(ROWS)
    assert f"row {error['row'] + 1}" in error["message"]
    (desk / "log.csv").write_bytes(whole)
    assert cli.ask("import", "log.csv", "--mapping", "csv.toml")["events"] > 0
    with_both = content(cli.url)
    cli_alone = CommandLine(f"sqlite:///{desk / 'alone.db'}", cli.capsys)
    cli_alone.ask("import", "good.csv", "--mapping", "csv.toml")
    cli_alone.ask("import", "log.csv", "--mapping", "csv.toml")
    assert {event_id for _, event_id, _, _ in with_both} == {one[1] for one in content(cli_alone.url)}


def test_a_full_database_keeps_whole_batches_and_goes_on_later(tmp_path):
    """The error keeps its kind and names the last stored row; with room again, the import ends as any other."""
    pages = [90]
    engine = create_engine(f"sqlite:///{tmp_path / 'full.db'}", module=driver())

    @event.listens_for(engine, "checkout")
    def limit(connection, record, proxy):
        connection.execute(f"PRAGMA max_page_count = {pages[0]}")

    (tmp_path / "tickets.csv").write_text(lines(*ROWS))
    options = {"plan": Plan.example(), "batch": 10}
    with SqlEventStore.open(engine, clock=lambda: NOW, create=True) as store:
        with pytest.raises(StoreFull) as error:
            import_log(tmp_path / "tickets.csv", mapping(), store, **options)
        rows = [one.mapping()["source"]["row"] for one in store.read_all(limit=10_000)]
        assert 0 < max(rows) < len(ROWS)
        assert max(rows) % 10 == 0
        note = f"tickets.csv is stored up to row {max(rows)}; run the import again to go on"
        assert note in error.value.__notes__
        pages[0] = 100_000
        import_log(tmp_path / "tickets.csv", mapping(), store, **options)
        ids = [row.id for row in store.read_all(limit=10_000)]
    engine.dispose()
    with SqlEventStore.open(f"sqlite:///{tmp_path / 'roomy.db'}", clock=lambda: NOW) as roomy:
        import_log(tmp_path / "tickets.csv", mapping(), roomy, **options)
        assert [row.id for row in roomy.read_all(limit=10_000)] == ids


def test_a_read_only_database_takes_no_import(capsys):
    """A file without write permission ends an import with 3, and stays as it was."""
    folder = Path(tempfile.mkdtemp(prefix="respond-read-only-"))
    try:
        (folder / "csv.toml").write_text(MAPPING)
        (folder / "good.csv").write_text(GOOD)
        (folder / "more.csv").write_text(lines("B,0,New,3,T,a"))
        cli = CommandLine(f"sqlite:///{folder / 'x.db'}", capsys)
        cli.ask("import", folder / "good.csv", "--mapping", folder / "csv.toml")
        before = hashlib.sha256((folder / "x.db").read_bytes()).hexdigest()
        (folder / "x.db").chmod(0o444)
        folder.chmod(0o555)
        with without_privileges():
            error = cli.refusal("import", folder / "more.csv", "--mapping", folder / "csv.toml", status=3)
        assert error["code"] == "store-read-only"
        assert hashlib.sha256((folder / "x.db").read_bytes()).hexdigest() == before
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE respond_alembic_version SET version_num = '9999'", "schema-too-new"),
        (None, "wrong-database"),
    ],
)
def test_a_database_that_is_newer_or_not_ours_takes_no_import(cli, desk, tmp_path, statement, code):
    """What a newer release or another program made ends an import with 3, and stays as it was."""
    path = tmp_path / "respond.db"
    if statement is None:
        path.unlink()
    with sqlite3.connect(path) as database:
        database.execute(statement or "CREATE TABLE letters (text TEXT)")
    database.close()
    before = path.read_bytes()
    assert cli.refusal("import", "good.csv", "--mapping", "csv.toml", status=3)["code"] == code
    assert path.read_bytes() == before
