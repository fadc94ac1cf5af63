from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from command_line import CommandLine
from respond.cli.options import Explanatory, Question, Recording
from respond.cli.program import respond

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "command-line.md"
RECORDED = {"id", "number", "state", "position", "version", "events", "replayed"}


MAPPING = """
log = "tickets"
format = "csv"
kind = "snapshots"
case = "case"

[time]
column = "at"

[state]
columns = ["state"]

[state.map]
"New" = "reported"
"Done" = "resolved"
"""

LIFE = [
    "assess INC-1",
    "level INC-1 3 --basis b",
    "start INC-1",
    "command INC-1",
    "team INC-1 network",
    "report-up INC-1 --kind initial --recipient r --summary s",
    "note INC-1 text",
    "resolve INC-1 --resolution r",
    "reopen INC-1 --reason r",
    "resolve INC-1 --resolution r",
    "correct INC-1 1 --set title=C --reason r",
    "retract INC-1 9 --reason r",
    "review INC-1",
    "acknowledge INC-2",
    "recategorise INC-2 network --reason r",
    "warning signal north --source staff --metric m --value 7",
    "warning show north",
    "plan life draft service-company@1",
    "plan life overdue service-company@1",
    "merge INC-2 --into INC-1 --reason r",
    'do incident INC-1 note --data {"text":"x"}',
    "explain INC-1 resolve",
    "incidents",
    "board",
    "statistics",
    "obligations INC-1",
    "due",
    "watch --once",
    "projection run",
    "projection rebuild listing",
    "projection list",
    "projection pause statistics",
    "projection resume statistics",
    "projection prune",
    "show INC-1",
    "timeline INC-1",
    "import tickets.csv --mapping tickets.toml",
    "replay",
    "check",
    "archive --older-than 365d --to .",
    "status",
    "db init",
    "db upgrade",
    "db status",
    "db copy sqlite:///respond.db sqlite:///copy.db",
    "report --category other --title C --reference T-9",
    "cancel T-9 --reason r",
    "publish --to nats://127.0.0.1:9 --name bus --once",
    "readers list",
    "readers dead-letters",
    "readers forget publisher:bus",
    "plan lint service-company@1",
    "plan show service-company@1",
    "plan diff service-company@1 service-company",
]

PLAYED_ELSEWHERE = {
    f"respond {name}"
    for name in (
        *("response-level", "receipt", "fulfil", "approve", "waive", "pause", "resume"),
        *(f"role {step}" for step in ("assign", "release", "hand-over")),
        *(f"warning {step}" for step in ("raise", "confirm", "prepare", "lift")),
        *(f"plan life {step}" for step in ("approve", "drill", "evaluate", "revise", "reassess", "retire")),
    )
}
"""What needs a plan of more than an outline: `test_cli_people_and_plans` holds its documents to the page."""


def commands(group: click.Group = respond, before: str = "respond") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def name_of(line: str) -> str:
    """Return the full name of the command that *line* begins with."""
    words = ["respond", *line.split()]
    known = {name for name, _ in commands()}
    return next(name for end in range(4, 1, -1) if (name := " ".join(words[:end])) in known)


def sections(text: str) -> dict[str, str]:
    """Return the sections of the page by heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip((heading.strip("`") for heading in parts[1::2]), parts[2::2], strict=True))


def options_of(command: click.Command) -> set[str]:
    """Return the options that a command takes."""
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
        if name.startswith("--")
    }


def undocumented(text: str, name: str, command: click.Command) -> set[str]:
    """Return what of a command its section, or the sections for all, leave out."""
    page = sections(text)
    if name not in page:
        return {name}
    shared = set(re.findall(r"`(--[a-z-]+)", page["Options of every command"]))
    if isinstance(command, Recording):
        shared |= set(re.findall(r"`(--[a-z-]+)", page["Options of commands that record"]))
    return options_of(command) - shared - set(re.findall(r"`(--[a-z-]+)", page[name]))


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_every_command_and_option_is_documented(name, command):
    """Each command has its section, each option stands there or among the shared ones, and help says what it does."""
    text = PAGE.read_text()
    assert undocumented(text, name, command) == set()
    assert command.help
    section = sections(text)[name]
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert f"{name} " in section
            assert (parameter.metavar or str(parameter.name).upper()) in section
    known = options_of(command) | {"--json", "--actor", "--role"}
    assert set(re.findall(r"`(--[a-z-]+)", section)) <= known


def test_a_command_or_an_option_that_is_not_documented_is_found():
    """The control: a new command, and a new option, are both missed on the page."""
    text = PAGE.read_text()
    planted = Question("seal", callback=lambda _: None, params=[])
    assert undocumented(text, "respond seal", planted) == {"respond seal"}
    check = dict(commands())["respond check"]
    longer = Question("check", callback=check.callback, params=[click.Option(["--fast"])])
    assert undocumented(text, "respond check", longer) == {"--fast"}
    lent = Recording("check", callback=check.callback, params=[])
    assert undocumented(text.replace("`--at TIME`", "`--when`"), "respond check", lent) == {"--at"}


def test_no_section_is_left_of_a_command_that_is_gone():
    """The page holds a section for each command and for no other."""
    documented = {heading for heading in sections(PAGE.read_text()) if heading.startswith("respond ")}
    assert documented == {name for name, _ in commands()}


def test_shared_options_are_those_that_the_page_lists():
    """Commands that record take who, when and which command; explain takes who; nothing else takes them."""
    for name, command in commands():
        given = options_of(command)
        assert {"--db", "--json", "--plan", "--workflow"} <= given
        assert isinstance(command, Question)
        assert ("--at" in given) is ("--command-id" in given) is isinstance(command, Recording)
        assert ("--actor" in given) is isinstance(command, (Recording, Explanatory)), name


def documented_keys(name: str) -> set[str]:
    """Return the keys of a command's document as its section lists them; details in brackets are left out."""
    section = sections(PAGE.read_text())[name]
    told = section.split("Document: ", 1)[1]
    if told.startswith("that of every command that records"):
        return RECORDED
    told = re.sub(r"\([^)]*\)", "", told.partition(".\n")[0].partition("; ")[0])
    return set(re.findall(r"`([a-z_]+)`", told))


@pytest.fixture
def worked(cli, tmp_path):
    """Return the command line on a log with two incidents, and a small foreign log beside it."""
    (tmp_path / "tickets.csv").write_text("case,at,state\n1,2026-03-12T09:00:00Z,New\n1,2026-03-12T10:00:00Z,Done\n")
    (tmp_path / "tickets.toml").write_text(MAPPING)
    cli.ask("report", "--category", "other", "--title", "A")
    cli.ask("report", "--category", "other", "--title", "B")
    return cli


def test_documents_hold_the_keys_that_the_page_lists(worked, tmp_path, monkeypatch):
    """The keys of each command's document are exactly the documented ones."""
    monkeypatch.chdir(tmp_path)
    seen = set()
    for line in LIFE:
        said = worked.run(*line.split(), "--json")
        name = name_of(line)
        if "error" not in said.document:
            assert set(said.document) == documented_keys(name), line
            seen.add(name)
    demo = CommandLine(f"sqlite:///{tmp_path / 'demo.db'}", worked.capsys).ask("demo")
    assert set(demo) == documented_keys("respond demo")
    assert {name for name, _ in commands()} - seen - PLAYED_ELSEWHERE == {
        "respond demo",
        "respond projection skip",
        "respond readers settle",
    }
