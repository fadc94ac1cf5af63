from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from respond.cli import main
from respond.cli.page import Page
from respond.cli.progress import progress_bar
from respond.domain.escaping import escaped

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

RESPOND = Path(sys.executable).with_name("respond")
PLAN = """
name = "p"
version = "1"
[[categories]]
id = "other"
title = "Other"
[[levels]]
number = 1
title = "Only"
"""


@pytest.fixture
def incident(cli) -> str:
    """Return the number of a reported incident."""
    return cli.ask("report", "--category", "other", "--title", "Terminals down", "--actor", "wang.li")["number"]


def test_a_refusal_ends_with_1_and_lists_every_reason(cli, incident):
    """What the workflow refuses is bad news, with code and text of each reason, and writes nothing."""
    error = cli.refusal("assess", incident, "--affected-customers", "-3", "--role", "king", status=1)
    assert error["code"] == "refused"
    assert [reason["code"] for reason in error["refusals"]] == ["role-unknown", "estimate-negative"]
    assert cli.ask("show", incident)["last_position"] == 1


def test_facets_are_given_on_the_command_line(cli, tmp_path):
    """Each --facet is one that the plan has; a misspelt one is refused with its name."""
    plan = tmp_path / "faceted.toml"
    plan.write_text(f'{PLAN}[[facets]]\nid = "law"\ntitle = "Law"\n', encoding="utf-8")
    told = ("--plan", str(plan), "--actor", "wang.li")
    number = cli.ask("report", "--category", "other", "--title", "Terminals down", *told)["number"]
    error = cli.refusal("assess", number, "--facet", "Law", *told, status=1)
    assert [reason["code"] for reason in error["refusals"]] == ["facet-unknown"]
    cli.ask("assess", number, "--facet", "law", *told)
    assert "law" in cli.text("timeline", number, *told[:2])


def test_an_incident_that_is_not_there_ends_with_1(cli, incident):
    """A name that nothing goes by is bad news."""
    assert cli.refusal("show", "INC-9", status=1)["code"] == "incident-not-found"
    assert cli.refusal("explain", "INC-9", "resolve", status=1)["code"] == "incident-not-found"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-command"], "No such command"),
        (["show"], "Missing argument 'ID'"),
        (["assess", "INC-1", "--affected-customers", "many"], "'many' is not a valid integer"),
        (["show", "INC-1", "--known-at", "2026-03-12T09:00:00"], "has no zone"),
        (["note", "INC-1", "x", "--at", "noon"], "'noon' is not a time"),
        (["level", "INC-1", "2"], "--basis for the first level, or --justification"),
        (["level", "INC-1", "2", "--basis", "a", "--justification", "b"], "--basis for the first level"),
        (["report-up", "INC-1", "--kind", "secret", "--recipient", "r", "--summary", "s"], "'secret' is not one of"),
        (["assess", "INC-1", "--loss", "twelve"], "write 12.50 CNY"),
        (["assess", "INC-1", "--field", "shops"], "write name=text or name:=JSON"),
        (["assess", "INC-1", "--field", "a=1", "--field", "a=2"], "'a' is given twice"),
        (["assess", "INC-1", "--field", "a:={"], "is not JSON"),
        (["note", "INC-1", "--attach", "no-such-file"], "no-such-file: cannot be read"),
        (["explain", "INC-1", "dance"], "'dance' is not a command of incident@5; the commands are report, assess"),
        (["explain", "INC-1", "assess", "--data", '{"injured": "two", "x": 1}'], "'two' is not of type int"),
        (["explain", "INC-1", "assess", "--data", '{"injured": NaN}'], "NaN is not JSON"),
        (["explain", "INC-1", "assess", "--data", '{"injured": 1, "injured": 2}'], "a key stands twice"),
        (["explain", "INC-1", "assess", "--data", "[" * 100_000], "is not JSON"),
        (["explain", "INC-1", "assess", "--data", "[]"], "is not a JSON object"),
        (["do", "incident", "INC-1", "merge", "--data", '{"into": "x", "reason": "y"}'], "use respond merge"),
        (["do", "luggage", "7", "find"], "no workflow is registered for 'luggage'"),
        (["timeline", "7", "--category", "luggage"], "no workflow is registered for 'luggage'"),
        (["show", "INC-1", "--plan", "no-such-plan.toml"], "no-such-plan.toml: cannot be read"),
        (["review", "INC-1", "--summary", "fine"], "--close"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_write(cli, incident, arguments, says):
    """Wrong usage and bad input end with 2, name the place and the value, and write nothing."""
    error = cli.refusal(*arguments, status=2)
    assert says in error["message"]
    assert cli.ask("show", incident)["last_position"] == 1


def test_a_plan_that_an_incident_pins_must_be_given(cli, incident, tmp_path):
    """An incident is worked under the plan that it pins: another one given instead is wrong usage."""
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'name = "p"\nversion = "1"\n[[categories]]\nid = "other"\ntitle = "O"\n[[levels]]\nnumber = 1\ntitle = "L"\n'
    )
    assert cli.refusal("assess", incident, "--plan", plan, status=2)["code"] == "plan-not-found"
    assert cli.ask("report", "--category", "other", "--title", "B", "--plan", plan)["number"] == "INC-2"
    assert cli.ask("show", "INC-2")["plan"]["name"] == "p"


def test_a_command_id_answers_a_retry_with_the_first_outcome(cli, incident):
    """The same command with the same id is carried out once; another command under that id is bad input."""
    first = cli.ask("note", incident, "x", "--command-id", "c-1")
    again = cli.ask("note", incident, "x", "--command-id", "c-1")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["events"] == first["events"]
    assert "earlier call" in cli.text("note", incident, "x", "--command-id", "c-1")
    assert cli.refusal("note", incident, "y", "--command-id", "c-1", status=2)["code"] == "idempotency-conflict"
    assert cli.ask("show", incident)["last_position"] == 2


def test_a_command_that_was_carried_out_already_says_so(cli, incident):
    """Repeating a command is no error: it causes nothing."""
    cli.ask("cancel", incident, "--reason", "false alarm")
    assert cli.ask("cancel", incident, "--reason", "false alarm")["events"] == []
    assert "done already" in cli.text("cancel", incident, "--reason", "false alarm")


def test_the_actor_is_the_login_name_unless_told(cli):
    """Who acts is recorded: the login name, or whom --actor names, in the role that --role names."""
    cli.ask("report", "--category", "other", "--title", "A", "--at", "unknown")
    cli.ask("note", "INC-1", "x", "--actor", "chen.yu", "--role", "responder")
    first, second = cli.ask("timeline", "INC-1", "--order", "log")["entries"]
    assert (first["actor"], first["role"], first["occurred_at"]) == (getpass.getuser(), None, None)
    assert (second["actor"], second["role"]) == ("chen.yu", "responder")


def test_nobody_acts_where_there_is_no_login_name(cli, monkeypatch):
    """Without a login name the command asks for one instead of inventing it."""

    def nobody() -> str:
        raise OSError("no login name")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert "say who acts" in cli.refusal("report", "--category", "other", "--title", "A", status=2)["message"]


def test_explain_says_what_stands_in_the_way(cli, incident):
    """explain ends with 1 and names the guards while a command would be refused, with 0 when it is open."""
    closed = cli.ask("explain", incident, "resolve", status=1)
    assert (closed["allowed"], closed["refusals"][0]["code"]) == (False, "not-enabled")
    opened = cli.ask("explain", incident, "assess")
    assert opened["allowed"] is True
    assert {guard["code"]: guard["passed"] for guard in opened["candidates"][0]["guards"]}["estimate-negative"] is None
    judged = cli.ask("explain", incident, "assess", "--data", '{"injured": -1}', status=1)
    assert judged["refusals"][0]["code"] == "estimate-negative"
    assert cli.ask("explain", incident, "level", status=1)["command"] == "assign_level"
    cli.ask("assess", incident)
    cli.ask("level", incident, 3, "--basis", "b")
    assert (
        cli.ask("explain", incident, "level", "--data", '{"level": 2, "justification": "j"}')["command"]
        == "change_level"
    )
    assert "is open" in cli.text("explain", incident, "start")
    assert "is enabled in: responding" in cli.run("explain", incident, "resolve").out


def test_authority_is_explained_and_broken_in_need(cli, monkeypatch):
    """What the plan lets nobody do is refused and explained; in need it is done, and the review lists it."""
    monkeypatch.setenv("RESPOND_PLAN", str(EXAMPLES / "shops.toml"))
    cli.ask("report", "--category", "other", "--title", "A")
    cli.ask("assess", "INC-1")
    cli.ask("level", "INC-1", 1, "--basis", "b", "--actor", "li.na")
    lower = ("INC-1", 3, "--justification", "j", "--role", "responder", "--actor", "wu.bo")
    assert "not-authorised" in cli.refusal("level", *lower, status=1)["message"]
    data = ("--data", '{"level": 3, "justification": "j"}')
    denied = cli.ask("explain", "INC-1", "change_level", *data, status=1)
    assert [one["code"] for one in denied["denied"]] == ["not-authorised"]
    assert "not allowed: rule 'lowering' asks for commander" in cli.run("explain", "INC-1", "change_level", *data).out
    assert cli.ask("explain", "INC-1", "change_level", *data, "--break-glass", "nobody answers")["denied"] == []
    cli.ask("level", *lower, "--break-glass", "nobody answers")
    assert "wu.bo broke the glass for LevelChanged: nobody answers" in cli.text("review", "INC-1")


def test_known_at_is_a_prefix_of_the_log(cli, incident):
    """What was known at a time is what was recorded by then, whatever had happened."""
    before = cli.ask("timeline", incident)["entries"][0]["recorded_at"]
    cli.ask("note", incident, "late", "--at", "2020-01-01T00:00:00Z")
    known = cli.ask("timeline", incident, "--known-at", before)
    assert [entry["position"] for entry in known["entries"]] == [1]
    assert [entry["position"] for entry in cli.ask("timeline", incident)["entries"]] == [2, 1]
    assert cli.ask("show", incident, "--known-at", before)["notes"] == 0
    assert cli.ask("show", incident, "--as-of", "2021-01-01T00:00:00Z")["state"] == "new"
    assert "late, recorded" in cli.text("timeline", incident)


def test_stored_control_characters_are_written_out(cli):
    """Stored text cannot steer a terminal, nor pass for a line or for markup of ours."""
    title = "\x1b[2J[bold]evil[/bold]\r\n\u202efine\x9b"
    cli.ask("report", "--category", "other", "--title", title)
    for arguments in (["show", "INC-1"], ["timeline", "INC-1"], ["incidents"], ["review", "INC-1"]):
        page = cli.text(*arguments)
        assert r"\x1b[2J[bold]evil[/bold]\r\n\u202efine\x9b" in page
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", page)
    assert cli.ask("show", "INC-1")["title"] == title


@pytest.mark.parametrize("text", ["plain", "卡机故障", "Zürich", "a\\b"])
def test_harmless_text_is_shown_as_it_is(text):
    """The control: what does no harm is not touched."""
    assert escaped(text) == text


def test_errors_are_escaped_too(cli, incident):
    """An error that repeats what was typed is harmless as well."""
    for arguments, status in ((["show", "\x1b[31mred"], 1), (["\x1b[31mred"], 2)):
        said = cli.run(*arguments)
        assert said.status == status
        assert "\x1b" not in said.err
        assert r"\x1b[31mred" in said.err


def test_a_document_takes_text_that_no_terminal_takes(cli, incident):
    """A lone surrogate in an argument comes back as JSON writes it; the document stays valid."""
    error = cli.refusal("show", "\udc80", status=1)
    assert "\\udc80" in json.dumps(error["message"])


def test_a_page_that_is_no_terminal_has_one_line_for_each_row(cli, incident):
    """A program that reads a page finds each entry whole, on one line."""
    cli.ask("note", incident, "word " * 100)
    assert any(("word " * 99) in line for line in cli.text("timeline", incident).splitlines())


class Terminal:
    """Standard output or error as a terminal, kept as text."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """There is nothing to wait for."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_wraps_and_shows_a_bar(monkeypatch):
    """On a terminal a page fits its width and long work shows a bar; elsewhere there is no bar."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    Page(terminal).table(["what"], [["word " * 20]])
    assert max(map(len, terminal.text.splitlines())) <= 60
    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    with progress_bar("folding") as advance:
        advance(1, 2)
    assert "folding" in shown.text
    monkeypatch.setattr(sys, "stderr", hidden := Terminal())
    monkeypatch.setattr(Terminal, "isatty", lambda self: False)
    with progress_bar("folding") as advance:
        advance(1, 2)
    assert hidden.text == ""


def test_a_program_runs_from_a_shell(tmp_path):
    """The installed program answers with one document on standard output, messages on standard error, and a status."""
    environment = {**os.environ, "RESPOND_DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}"}

    def respond(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([RESPOND, *arguments], capture_output=True, text=True, env=environment, check=False)

    reported = respond("report", "--category", "other", "--title", "卡机故障", "--json")
    assert (reported.returncode, reported.stderr, json.loads(reported.stdout)["number"]) == (0, "", "INC-1")
    assert "卡机故障" in respond("show", "INC-1").stdout
    refused = respond("resolve", "INC-1", "--resolution", "x")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "[not-enabled]" in refused.stderr
    assert re.fullmatch(r"respond, version \S+\n", respond("--version").stdout)
    ascii_only = {**environment, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run([RESPOND, "show", "INC-1", "--json"], capture_output=True, env=ascii_only, check=True)
    assert json.loads(shown.stdout)["title"] == "卡机故障"


def test_a_reader_that_goes_away_is_no_drama(tmp_path):
    """When the reader of the output has gone, the program ends quietly with 141."""
    database = f"sqlite:///{tmp_path / 'x.db'}"
    subprocess.run([RESPOND, "report", "--category", "other", "--title", "A", "--db", database], check=True)
    for arguments in (["timeline", "INC-1"], ["timeline", "INC-1", "--json"], ["show", "INC-9", "--json"]):
        gone, end = os.pipe()
        os.close(gone)
        done = subprocess.run(
            [RESPOND, *arguments, "--db", database], stdout=end, stderr=subprocess.PIPE, text=True, check=False
        )
        os.close(end)
        assert "Broken" not in done.stderr
        assert "Traceback" not in done.stderr
        assert done.returncode == (1 if "INC-9" in arguments else 141)


@pytest.mark.parametrize("extra", ["click", "rich"])
def test_a_missing_extra_is_named(extra, tmp_path):
    """Without the extra the program says in one line what to install, and ends with 2."""
    program = (
        f"import sys; sys.modules[{extra!r}] = None\nfrom respond.cli import main\nsys.exit(main(['check', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "the command line needs the extra 'cli': run pip install 'respond-engine[cli]'\n"
    assert json.loads(done.stdout)["error"]["code"] == "extra-missing"


def test_a_defect_is_not_taken_for_bad_news(cli, incident, monkeypatch):
    """An error that nobody foresaw ends with 70 and a traceback."""
    monkeypatch.setattr("respond.cli.past.parse_utc", lambda _: 1 / 0)
    said = cli.run("show", incident, "--known-at", "2026-03-12T09:00:00Z", "--json")
    assert said.status == 70
    assert "ZeroDivisionError" in said.err
    assert said.document["error"]["code"] == "defect"


def test_an_interrupt_ends_with_130(cli, incident, monkeypatch):
    """Ctrl-C ends the program without a traceback."""

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("respond.cli.past.parse_utc", interrupt)
    said = cli.run("show", incident, "--known-at", "2026-03-12T09:00:00Z")
    assert (said.status, said.err.strip()) == (130, "interrupted")


def test_help_is_there_for_the_asking(capsys):
    """`respond --help` and `respond COMMAND --help` end with 0; `respond` alone is wrong usage."""
    assert main(["--help"]) == 0
    assert main(["report", "--help"]) == 0
    assert "--title" in capsys.readouterr().out
    assert main([]) == 2


def test_help_loads_no_database():
    """Help and wrong usage answer without the database library: loading it takes longer than they do."""
    program = (
        "import sys\nfrom respond.cli import main\n"
        "for given in (['--help'], ['show', '--help'], ['show']): main(given)\n"
        "sys.exit('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, "--known-at" in done.stdout, "Missing argument" in done.stderr) == (0, True, True)
    control = program.replace("sys.exit(", "import respond.store.sql\nsys.exit(")
    assert subprocess.run([sys.executable, "-c", control], capture_output=True, check=False).returncode == 1


def test_as_shows_no_more_than_the_plan_shows_a_role(cli, tmp_path):
    """State, timeline and review leave out what the role is not shown and name it; whom no rule names sees nothing."""
    plan = tmp_path / "discreet.toml"
    rules = '[[roles]]\nid = "agent"\ntitle = "Agent"\n[[access]]\nid = "all"\nroles = ["agent"]\n'
    plan.write_text(PLAN + rules, encoding="utf-8")
    told = ("--plan", plan)
    report = ("report", "--category", "other", "--title", "Terminals down", "--actor", "wang.li", *told)
    incident = cli.ask(*report)["number"]
    cli.ask("note", incident, "The vendor is broke", "--actor", "chen.yu", *told)
    for question in ("show", "timeline", "review"):
        document = cli.ask(question, incident, "--as", "agent", *told)
        assert (document["role"], [one["matter"] for one in document["withheld"]]) == ("agent", ["notes"])
        assert {"people", "notes"} <= set(document["withholds"])
        page = cli.text(question, incident, "--as", "agent", *told)
        assert "withheld from agent: people, customers" in page
        assert [one for one in ("is broke", "chen.yu") if one in page + json.dumps(document)] == []
        assert cli.refusal(question, incident, "--as", "anyone", *told, status=1)["code"] == "access-denied"
    assert cli.refusal("show", "lesson-1", "--as", "agent", *told, status=2)["place"] == "--as"
    assert cli.run("review", incident, "--as", "agent", "--learning").status == 2
