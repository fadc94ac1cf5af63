from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from defusedxml import ElementTree

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


# -- workflow lint, diagram, compare -----------------------------------------------------------------------------------

SLIPS = """
import sys

sys.path.insert(0, {tests!r})
from lamp import GOOD, Transition, made

FINE = made()
SLIP = made(version=2, states=(*GOOD["states"], "dim"), transitions=(
    *GOOD["transitions"], Transition("install", "on", "dim")
))
"""
BROKEN = (
    SLIPS
    + """

def build():
    return made(finals=("gone",))


LAMP = build()
NEVER = made()
"""
)


@pytest.fixture
def slips(tmp_path, monkeypatch):
    """Return a file with a sound lamp, and one with a state that nothing leaves; it lies in the current folder."""
    path = tmp_path / "slips.py"
    path.write_text(SLIPS.format(tests=str(DESK.parent)))
    monkeypatch.chdir(tmp_path)
    return "slips.py"


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Return a file whose third lamp cannot be made."""
    path = tmp_path / "broken_lamp.py"
    path.write_text(BROKEN.format(tests=str(DESK.parent)))
    monkeypatch.chdir(tmp_path)
    return "broken_lamp.py"


def test_lint_judges_every_workflow_of_a_file(cli, slips):
    """Each workflow has its findings, with the line where its name is given; warnings alone are no bad news."""
    answer = cli.ask("workflow", "lint", slips)
    fine, slip = answer["workflows"]
    assert (fine["target"], fine["findings"]) == ("slips.py:FINE", [])
    assert (slip["target"], slip["line"], slip["definition"]["version"]) == ("slips.py:SLIP", 8, "2")
    assert [(one["code"], one["severity"], one["place"]) for one in slip["findings"]] == [
        ("dead-end", "warning", "states[3]")
    ]
    assert (answer["errors"], answer["warnings"]) == (0, 1)
    page = cli.text("workflow", "lint", slips)
    assert "slips.py:8: warning: states[3]: nothing leaves the state 'dim': add a transition" in page
    assert "slips.py:SLIP (lamp@2): 0 errors, 1 warning" in page
    assert [one["target"] for one in cli.ask("workflow", "lint", f"{slips}:FINE")["workflows"]] == ["slips.py:FINE"]


def test_lint_tells_what_a_definition_was_refused_for(cli, broken):
    """A module that stops at a definition is bad news with the findings of that, and the line in the module."""
    answer = cli.ask("workflow", "lint", broken, status=1)
    *before, lamp = answer["workflows"]
    assert [one["target"] for one in before] == ["broken_lamp.py:FINE", "broken_lamp.py:SLIP"]
    assert (lamp["target"], lamp["line"], lamp["definition"]) == ("broken_lamp.py", 14, None)
    assert [one["code"] for one in lamp["findings"]] == ["final-unknown"]
    assert "broken_lamp.py:14: error: finals[0]: the final state 'gone'" in cli.run("workflow", "lint", broken).out
    error = cli.refusal("workflow", "diagram", broken, status=2)
    assert (error["code"], [one["code"] for one in error["findings"]]) == ("invalid-workflow", ["final-unknown"])


def test_lint_of_a_package_that_stops_at_a_definition(cli, broken, tmp_path, monkeypatch):
    """A module is named by its line, and so is what its package stops at, as far as that is known."""
    monkeypatch.syspath_prepend(tmp_path)
    _fine, _slip, lamp = cli.ask("workflow", "lint", "broken_lamp", status=1)["workflows"]
    assert (lamp["target"], lamp["line"]) == ("broken_lamp", 14)
    package = tmp_path / "broken_package"
    package.mkdir()
    (package / "__init__.py").write_text("import broken_lamp\n")
    (package / "rules.py").write_text("")
    (found,) = cli.ask("workflow", "lint", "broken_package.rules", status=1)["workflows"]
    assert ([one["code"] for one in found["findings"]], found["file"]) == (["final-unknown"], None)


def test_lint_tells_what_comes_before_a_definition_that_stops_its_module(cli, slips, tmp_path):
    """A definition that cannot be made hides what comes after it, and nothing that comes before."""
    path = tmp_path / "half.py"
    path.write_text((tmp_path / slips).read_text() + 'made(finals=("gone",))\nAFTER = FINE\n')
    answer = cli.ask("workflow", "lint", "half.py", status=1)
    fine, slip, stopped = answer["workflows"]
    assert (fine["target"], slip["target"], stopped["target"]) == ("half.py:FINE", "half.py:SLIP", "half.py")
    assert [[one["code"] for one in each["findings"]] for each in (fine, slip, stopped)] == [
        [],
        ["dead-end"],
        ["final-unknown"],
    ]
    assert (slip["line"], stopped["line"]) == (8, 11)
    error = cli.refusal("workflow", "diagram", "half.py", status=2)
    assert error["code"] == "invalid-workflow"


def test_lint_tells_two_definitions_of_one_version(cli, slips, tmp_path):
    """Two definitions that no engine would register together are told, each with the digest of the other one."""
    path = tmp_path / "twins.py"
    path.write_text((tmp_path / slips).read_text() + "SAME = FINE\nTWIN = made(finals=())\n")
    answer = cli.ask("workflow", "lint", "twins.py", status=1)
    found = {
        one["target"]: [each for each in one["findings"] if each["code"] == "version-twice"]
        for one in answer["workflows"]
    }
    assert {name: len(each) for name, each in found.items()} == {
        "twins.py:FINE": 1,
        "twins.py:SLIP": 0,
        "twins.py:SAME": 1,
        "twins.py:TWIN": 1,
    }
    (twin,) = found["twins.py:TWIN"]
    assert (twin["place"], twin["severity"]) == ("version", "error")
    assert "another definition with different content is called lamp@1" in twin["text"]
    assert "raise the version of one" in twin["text"]


def test_a_module_of_the_current_folder_is_found(cli, slips, tmp_path, monkeypatch):
    """A module is named as `python -m` names it, from where the command runs."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "slips_here.py").write_text((tmp_path / slips).read_text())
    assert [one["target"] for one in cli.ask("workflow", "lint", "slips_here")["workflows"]] == [
        "slips_here:FINE",
        "slips_here:SLIP",
    ]
    assert str(tmp_path) in sys.path


def test_lines_are_found_in_whatever_encoding(cli, tmp_path, monkeypatch):
    """A file says its encoding itself."""
    text = f"# coding: latin-1\n# caf\xe9\n{SLIPS.format(tests=str(DESK.parent))}"
    (tmp_path / "latin.py").write_text(text, encoding="latin-1")
    monkeypatch.chdir(tmp_path)
    assert [one["line"] for one in cli.ask("workflow", "lint", "latin.py")["workflows"]] == [9, 10]


def test_lint_of_a_module_and_under_a_plan(cli, tmp_path):
    """A module is named like an import; under a plan, what nobody may do is bad news too."""
    assert cli.ask("workflow", "lint", "respond.workflow.incident", "--plan", "service-company")["errors"] == 0
    plan = tmp_path / "closed.toml"
    rules = (EXAMPLES / "lost_luggage.toml").read_text()
    plan.write_text(rules + '\n[[authority]]\nid = "ghosts"\ncommands = ["*"]\nroles = []\n')
    answer = cli.ask("workflow", "lint", f"{EXAMPLES / 'lost_luggage.py'}:WORKFLOW", "--plan", plan, status=1)
    assert {one["code"] for one in answer["workflows"][0]["findings"]} == {"role-unfilled"}


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("no_such_module", "no_such_module cannot be loaded: ModuleNotFoundError"),
        ("no/such/file.py", "there is no such file"),
        ("json", "json holds no workflow"),
        ("slips.py:NOTHING", "slips.py has no 'NOTHING'"),
        ("slips.py:GOOD", "slips.py:GOOD is a dict, not a respond.Workflow"),
    ],
)
def test_a_target_that_leads_nowhere_is_wrong_usage(cli, slips, target, says):
    """What cannot be found ends with 2, and says what was named."""
    assert says in cli.refusal("workflow", "lint", target, status=2)["message"]


REQUIRED = {
    "sarifLog": ({"version", "runs"}, {"$schema", "version", "runs"}),
    "run": ({"tool"}, {"tool", "results"}),
    "tool": ({"driver"}, {"driver"}),
    "driver": ({"name"}, {"name", "version", "rules"}),
    "rule": ({"id"}, {"id", "shortDescription"}),
    "result": ({"message"}, {"ruleId", "ruleIndex", "level", "message", "locations"}),
    "location": (set(), {"logicalLocations", "physicalLocation"}),
    "logicalLocation": (set(), {"fullyQualifiedName"}),
    "physicalLocation": ({"artifactLocation"}, {"artifactLocation", "region"}),
    "artifactLocation": (set(), {"uri"}),
    "region": (set(), {"startLine"}),
    "message": ({"text"}, {"text"}),
}
"""Of each object of the SARIF 2.1.0 schema what it requires, and which of what it allows is written here."""


def shape(kind, value):
    """Require of an object what the schema requires of it, and nothing that it does not have."""
    required, allowed = REQUIRED[kind]
    assert required <= set(value) <= allowed, (kind, value)
    return value


def test_sarif_is_what_the_schema_asks_for(cli, slips, broken):
    """The log has one run, a rule for each code, and for each result a level, a text and a place in the file."""
    said = cli.run("workflow", "lint", slips, broken, "--sarif")
    assert said.status == 1
    log = shape("sarifLog", json.loads(said.out))
    assert log == cli.run("workflow", "lint", slips, broken, "--sarif", "--json").document
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = shape("driver", shape("tool", shape("run", run)["tool"])["driver"])
    assert driver["name"] == "respond"
    rules = [shape("rule", rule) for rule in driver["rules"]]
    assert all(shape("message", rule["shortDescription"]) for rule in rules)
    results = [shape("result", result) for result in run["results"]]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("dead-end", "warning"),
        ("dead-end", "warning"),
        ("final-unknown", "error"),
    ]
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        shape("message", result["message"])
        (location,) = (shape("location", one) for one in result["locations"])
        (logical,) = (shape("logicalLocation", one) for one in location["logicalLocations"])
        assert logical["fullyQualifiedName"]
        physical = shape("physicalLocation", location["physicalLocation"])
        assert shape("region", physical["region"])["startLine"] >= 1
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"] for one in results]
    assert [shape("artifactLocation", uri)["uri"] for uri in uris] == ["slips.py", "broken_lamp.py", "broken_lamp.py"]


def test_sarif_without_findings_has_no_results(cli):
    """The log of a sound workflow is a run with nothing in it."""
    said = cli.run("workflow", "lint", "respond.workflow.incident", "--sarif")
    assert (said.status, json.loads(said.out)["runs"][0]["results"]) == (0, [])


def test_a_diagram_counts_what_the_log_holds(desk):
    """Over a log each step says how often it was taken, and how long things had stood before."""
    desk.ask("do", "desk", "8", "find", "--data", '{"what": "a hat"}', "--at", "2026-03-12T08:00:00Z")
    desk.ask("do", "desk", "8", "give_back", "--data", '{"owner": "Mr Li"}', "--at", "2026-03-12T09:30:00Z")
    drawn = desk.ask("workflow", "diagram", DECLARED, "--counts", "--guards")
    assert drawn["format"] == "mermaid"
    assert drawn["diagram"] == (
        "stateDiagram-v2\n"
        "    [*] --> kept: find, 2 times\n"
        "    kept --> returned: give_back [owner-unnamed], once, median 1#58;30#58;00\n"
        "    returned --> [*]\n"
    )
    assert desk.text("workflow", "diagram", DECLARED, "--counts", "--guards") == drawn["diagram"]
    assert '"kept" -> "returned" [label="give_back"];' in desk.text("workflow", "diagram", DECLARED, "--format", "dot")


def test_the_other_workflows_of_the_log_do_not_matter(cli, declared):
    """A diagram of incidents is drawn from a log with things that nobody declares any more."""
    cli.ask("db", "init")
    cli.ask("do", "desk", "7", "find", "--data", '{"what": "an umbrella"}')
    cli.ask("report", "--category", "other", "--title", "A")
    assert "report, report_part, once" in cli.text(
        "workflow", "diagram", "respond.workflow.incident:INCIDENT", "--counts", "--workflow", DECLARED
    )


def test_svg_is_drawn_by_graphviz_or_says_what_is_missing(cli, slips):
    """Where the program dot is, it draws; where it is not, the message says what to do."""
    said = cli.run("workflow", "diagram", f"{slips}:FINE", "--format", "svg", "--json")
    if shutil.which("dot"):
        root = ElementTree.fromstring(said.document["diagram"])
        titles = {title.text for title in root.iter("{http://www.w3.org/2000/svg}title")}
        assert {"lamp@1", "new", "off", "on", "broken", "new->off"} <= titles
    else:
        assert (said.status, said.document["error"]["place"]) == (2, "--format")


def program(folder, text):
    """Put a program called dot, with these lines, into *folder*."""
    path = folder / "dot"
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(0o755)


def test_the_program_is_given_the_drawing(cli, slips, tmp_path, monkeypatch):
    """What `--format dot` prints goes to the program, and its answer is the diagram."""
    program(tmp_path, "import sys\nprint(sys.argv[1:], sys.stdin.read())")
    monkeypatch.setenv("PATH", str(tmp_path))
    text = cli.ask("workflow", "diagram", f"{slips}:FINE", "--format", "dot")["diagram"]
    assert cli.ask("workflow", "diagram", f"{slips}:FINE", "--format", "svg")["diagram"] == f"['-Tsvg'] {text}\n"


def test_without_graphviz_the_message_says_what_to_do(cli, slips, tmp_path, monkeypatch):
    """No program, or one that fails, is told with what to do or with what it said."""
    monkeypatch.setenv("PATH", str(tmp_path))
    error = cli.refusal("workflow", "diagram", f"{slips}:FINE", "--format", "svg", status=2)
    assert "the program dot is not here; install Graphviz, or write --format dot" in error["message"]
    program(tmp_path, "import sys\nsys.exit('no fonts')")
    error = cli.refusal("workflow", "diagram", f"{slips}:FINE", "--format", "svg", status=2)
    assert "dot cannot draw it: no fonts" in error["message"]


def test_a_diagram_is_of_one_workflow(cli, slips):
    """A file with several workflows needs a name."""
    error = cli.refusal("workflow", "diagram", slips, status=2)
    assert "slips.py holds several workflows; write one of slips.py:FINE, slips.py:SLIP" in error["message"]


def test_compare_tells_what_became_possible(cli, slips):
    """Each change has a sentence and a shortest path; states may have been renamed."""
    answer = cli.ask("workflow", "compare", f"{slips}:FINE", f"{slips}:SLIP")
    assert (answer["old"]["version"], answer["new"]["version"]) == ("1", "2")
    (change,) = answer["changes"]
    assert (change["became"], change["path"]) == ("possible", ["install", "flip", "install"])
    page = cli.text("workflow", "compare", f"{slips}:SLIP", f"{slips}:FINE", "--renamed", "dim=on")
    assert page == "lamp@2 to lamp@1: 1 change\ninstall from 'on' to 'on' became impossible: install > flip > install\n"
    error = cli.refusal("workflow", "compare", f"{slips}:FINE", f"{slips}:SLIP", "--renamed", "on", status=2)
    assert "'on' renames no state; write OLD=NEW" in error["message"]


def test_an_aggregate_is_migrated_from_the_command_line(cli, slips):
    """The command is there for every workflow: refused with reasons, explained, and recorded."""
    both = ("--workflow", f"{slips}:FINE", "--workflow", f"{slips}:SLIP")
    cli.ask("db", "init")
    cli.ask("do", "lamp", "7", "install", "--workflow", f"{slips}:FINE")
    over = '{"version": "2", "reason": "lamps are dimmed"}'
    assert cli.ask("explain", "lamp-7", "migrate_definition", "--data", over, *both)["allowed"] is True
    done = cli.ask("do", "lamp", "7", "migrate_definition", "--data", over, *both)
    assert (done["state"], done["version"]) == ("off", 2)
    told = cli.ask("timeline", "lamp-7", "--order", "log", *both)
    assert told["entries"][-1]["data"]["definition"]["version"] == "2"
    assert cli.ask("check", *both)["clean"] is True
