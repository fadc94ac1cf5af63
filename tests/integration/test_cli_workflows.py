from __future__ import annotations

from pathlib import Path

import pytest

from command_line import CommandLine
from respond.cli import registration

DESK = Path(__file__).parent.parent / "front_desk.py"
DECLARED = f"{DESK}:DESK"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
BAG = '{"kind": "other", "tag": "0125557777", "flight": "BA 117"}'


@pytest.fixture
def declared(monkeypatch):
    """Declare the front desk's workflow as a developer's shell would."""
    monkeypatch.setenv("RESPOND_WORKFLOWS", DECLARED)


@pytest.fixture
def desk(cli, declared):
    """Return the command line on a log where the desk keeps an umbrella."""
    cli.ask("db", "init")
    cli.ask("do", "desk", "7", "find", "--data", '{"what": "an umbrella"}')
    return cli


def test_a_workflow_of_ones_own_is_worked_and_asked_like_the_incident(desk):
    """Commands from JSON, show, timeline, explain, replay and check work for a workflow that a user declared."""
    refused = desk.ask("explain", "desk-7", "give_back", "--data", '{"owner": " "}', status=1)
    assert refused["refusals"] == [
        {"code": "owner-unnamed", "text": "say who the owner is", "transition": "kept -> returned"}
    ]
    assert desk.ask("explain", "7", "give_back", "--category", "desk")["allowed"] is True
    assert desk.refusal("do", "desk", "7", "give_back", "--data", '{"owner": " "}', status=1)["code"] == "refused"
    given = desk.ask("do", "desk", "7", "give_back", "--data", '{"owner": "Ms Wu"}', "--at", "2026-03-12T09:00:00Z")
    assert (given["id"], given["number"], given["state"], given["version"]) == ("7", "desk-7", "returned", 2)
    assert desk.ask("show", "desk-7")["owner"] == "Ms Wu"
    assert desk.ask("show", "7", "--category", "desk") == desk.ask("show", "desk-7")
    told = desk.ask("timeline", "desk-7", "--order", "log")
    assert [entry["type"] for entry in told["entries"]] == ["PropertyFound", "PropertyReturned"]
    assert desk.ask("timeline", "7", "--category", "desk", "--order", "log") == told
    assert "Ms Wu" in desk.text("timeline", "desk-7")
    assert desk.ask("replay")["aggregates"] == {"desk": {"returned": 1}}
    assert desk.ask("check")["clean"] is True
    assert {"category": "desk", "definition": "front-desk@1"} in desk.ask("status")["workflows"]
    assert desk.refusal("timeline", "desk-8", status=1)["code"] == "not-found"


@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url", "mariadb_url"])
def test_the_lost_luggage_example_works_on_every_database(request, capsys, monkeypatch, database):
    """The example's workflow is worked under its own plan, explained, shown, replayed and checked on each database."""
    monkeypatch.setenv("RESPOND_WORKFLOWS", f"{EXAMPLES / 'lost_luggage.py'}:WORKFLOW")
    monkeypatch.setenv("RESPOND_PLAN", str(EXAMPLES / "lost_luggage.toml"))
    cli = CommandLine(request.getfixturevalue(database), capsys)
    cli.ask("db", "init")
    cli.ask("do", "bag", "BA-7", "report_missing", "--data", BAG)
    assert cli.ask("explain", "bag-BA-7", "write_off", status=1)["refusals"][0]["code"] == "search-too-short"
    assert cli.ask("timeline", "BA-7", "--category", "bag")["entries"][0]["data"]["tag"] == "0125557777"
    assert cli.ask("replay")["aggregates"] == {"bag": {"missing": 1}}
    assert cli.ask("check")["clean"] is True


def test_strict_input_lists_every_field_that_is_wrong(desk):
    """The fields of a command are read strictly: an unknown one and a missing one are both named."""
    error = desk.refusal("do", "desk", "7", "give_back", "--data", '{"keeper": "Ms Wu"}', status=2)
    assert error["code"] == "invalid-input"
    assert "keeper" in error["message"]
    assert "owner" in error["message"]


def test_what_is_not_declared_is_a_finding(desk, monkeypatch):
    """Without the declaration the same log has events that nobody can fold, and both audits say so."""
    monkeypatch.delenv("RESPOND_WORKFLOWS")
    assert desk.ask("check", status=1)["counts"] == {"workflow-unknown": 1}
    assert desk.run("replay").status == 1
    assert desk.ask("check", "--workflow", DECLARED)["clean"] is True


def test_a_module_is_declared_by_its_name(desk, monkeypatch):
    """A module on the path does as well as a file, and so does an entry point of an installed package."""
    monkeypatch.delenv("RESPOND_WORKFLOWS")
    monkeypatch.syspath_prepend(DESK.parent)
    assert desk.ask("check", "--workflow", "front_desk:DESK")["clean"] is True


class Point:
    """An entry point, as `importlib.metadata` shows it."""

    name = "desk"
    value = "front_desk:DESK"

    def __init__(self, loaded):
        self._loaded = loaded

    def load(self):
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


def test_an_entry_point_of_an_installed_package_is_a_declaration(desk, monkeypatch):
    """A workflow in the group `respond.workflows` is there without being named; a broken one is named."""
    monkeypatch.delenv("RESPOND_WORKFLOWS")
    loaded = registration.declared_workflow(DECLARED)
    monkeypatch.setattr(
        registration, "entry_points", lambda group: [Point(loaded)] if group == registration.GROUP else []
    )
    assert desk.ask("check")["clean"] is True
    monkeypatch.setattr(registration, "entry_points", lambda group: [Point(ImportError("gone"))])
    error = desk.refusal("check", status=2)
    assert (
        "the entry point 'desk' of respond.workflows: front_desk:DESK cannot be loaded: ImportError('gone')"
        in (error["message"])
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("front_desk", "write package.module:NAME or path/to/file.py:NAME"),
        (f"{DESK}:", "does not name a workflow"),
        (f"{DESK}:NOTHING", "has no 'NOTHING'"),
        (f"{DESK}:NOT_A_WORKFLOW", "is a str, not a respond.Workflow"),
        ("no/such/file.py:DESK", "no/such/file.py: there is no such file"),
        ("no_such_module:DESK", "no_such_module cannot be loaded: ModuleNotFoundError"),
        ("BROKEN:DESK", "broken.py cannot be loaded: ZeroDivisionError"),
    ],
)
def test_a_declaration_that_leads_nowhere_is_wrong_usage(cli, name, says, tmp_path):
    """A declaration that cannot be followed ends with 2, and says which one."""
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n")
    for _ in range(2):  # a module that failed is not taken for a loaded one the second time
        error = cli.refusal(
            "report", "--category", "other", "--title", "A", "--workflow", name.replace("BROKEN", str(broken)), status=2
        )
        assert says in error["message"]
    assert not (tmp_path / "respond.db").exists()


def test_two_workflows_of_one_category_are_refused(cli, tmp_path):
    """Two workflows that claim the same streams cannot be told apart: wrong usage."""
    other = tmp_path / "other_desk.py"
    other.write_text(DESK.read_text().replace('name="front-desk"', 'name="back-desk"'))
    error = cli.refusal(
        "report", "--category", "other", "--title", "A", "--workflow", DECLARED, "--workflow", f"{other}:DESK", status=2
    )
    assert error["code"] == "invalid-workflow"
    assert "both claim the streams of 'desk'" in error["message"]
    assert not (tmp_path / "respond.db").exists()
