from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from command_line import CommandLine
from drilling import WRITTEN
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
    "measure add INC-1 m --title t --reason r --step s --step t",
    "measure start INC-1 m",
    "measure tick INC-1 m 1",
    "measure complete INC-1 m",
    "measure add INC-1 n --title t --reason r",
    "measure skip INC-1 n --reason r",
    "measure list INC-1",
    "contained INC-1",
    "restored INC-1",
    "head-count INC-1 --expected 3 --accounted-for 3",
    "hypothesis raise INC-1 h --cause c",
    "hypothesis confirm INC-1 h --evidence e",
    "hypothesis reject INC-1 h --evidence e",
    "information receive INC-1 i text --source s",
    "information confirm INC-1 i --evidence e",
    "information refute INC-1 i --evidence e",
    "decide INC-1 decision --rationale r --rejected other=reason",
    "situation INC-1",
    "key-messages set INC-1 message --stage first",
    "key-messages approve INC-1 1",
    "key-messages list INC-1",
    "statement list INC-1",
    "told INC-1",
    "feedback INC-1 text --source s --channel hotline --count 2",
    "observe INC-1 posts 12.5 --source s",
    "evaluate-communication INC-1 4 --text t",
    "action-plan set INC-1 --objective o",
    "action-plan revise INC-1 --objective p --reason r",
    "outside-help request INC-1 k --source s --what w",
    "outside-help arrived INC-1 k",
    "work hold INC-1 --reason r",
    "work resume INC-1",
    "resolve INC-1 --resolution r",
    "reopen INC-1 --reason r",
    "resolve INC-1 --resolution r",
    "open-review INC-1 --participant clerk",
    "finding INC-1 lucky text --evidence e",
    "evaluate INC-1 effective text --followed yes --adequate no",
    "fix INC-1 permanent text",
    "sign-review INC-1 --actor clerk",
    "lessons record text --incident INC-1 --key k --tag t",
    "lessons revise k words --reason r",
    "lessons search words --limit 3",
    "lessons show k",
    "similar INC-1",
    "lessons withdraw k --reason r",
    "correct INC-1 1 --set title=C --reason r",
    "retract INC-1 9 --reason r",
    "pin INC-1 1 --note n",
    "timeline INC-1 --pinned",
    "unpin INC-1 1 --reason r",
    "action open INC-1 text --kind prevent --owner o --due 2099-01-01T00:00:00Z --key a",
    "action accept a --actor o",
    "action move a --due 2099-02-01T00:00:00Z --reason r",
    "action refuse a --reason r --actor o",
    "action assign a p --reason r",
    "action done a --evidence e --actor p",
    "action verify a --method m --actor q",
    "action reopen a --due 2099-01-01T00:00:00Z --reason r",
    "action drop a --reason r --actor q",
    "action show a",
    "action list",
    "recognise INC-1 p text",
    "accountability open INC-1 --question q --key k --actor j",
    "accountability determine k p --in-role r --responsibility responsible --basis b --handling h --actor j",
    "accountability notify k --channel c",
    "accountability appeal k --grounds g --actor p",
    "accountability decide k dismissed --reason r --actor o",
    "accountability close k --reason r --actor o",
    "accountability show INC-1",
    "review INC-1",
    "acknowledge INC-2",
    "recategorise INC-2 network --reason r",
    "party register INC-2 c-1",
    "party contact c-1 --channel telephone",
    "party show c-1",
    "party list INC-2",
    "party figures",
    "warning signal north --source staff --metric m --value 7",
    "warning show north",
    "request INC-2 generators 1 --purpose p",
    "expense INC-2 9.50 CNY --purpose p",
    "pool list",
    "plan life draft first-steps@1",
    "plan life overdue first-steps@1",
    "propose INC-2 text --key p",
    "plan life proposals first-steps@1",
    "plan life accept first-steps@1 p",
    "propose INC-2 other --key q",
    "plan life reject first-steps@1 q --reason r",
    "relate INC-2 related INC-1",
    "unrelate INC-2 related INC-1 --reason r",
    "merge INC-2 --into INC-1 --reason r",
    "undo-merge INC-2 --reason r",
    "split INC-2 --part other=C --reason r",
    "merge INC-2 --into INC-1 --reason r",
    'do incident INC-1 note --data {"text":"x"}',
    "explain INC-1 resolve",
    "incidents",
    "board",
    "statistics",
    "figures",
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
    "needs INC-1",
    "role candidates INC-1 commander",
    "whatif INC-1 --under service-company",
    "timeline INC-1",
    "import tickets.csv --mapping tickets.toml",
    "replay",
    "check",
    "bundle INC-1 --out bundle",
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
    "plan lint first-steps@1",
    "plan show first-steps@1",
    "plan diff first-steps@1 service-company",
    "plan copy first-steps@1 copied.toml",
    "drill lint terminals-down",
    "drill plan spring scenario.toml",
    "drill invite spring IT",
    "drill start spring",
    "drill take-part spring IT wu.bo",
    "drill inject spring",
    'drill do spring note --data {"text":"x"}',
    "drill skip spring press --reason r",
    "drill play spring",
    "drill end spring",
    "drill evaluate spring",
    "drill score spring wu.bo 90",
    "drill finding spring f text",
    "drill record spring",
    "drill list",
    "drill review spring",
    "drill plan summer scenario.toml",
    "drill cancel summer --reason r",
    "workflow lint respond.workflow.incident",
    "workflow diagram respond.workflow.incident:INCIDENT",
    "workflow compare respond.workflow.incident:INCIDENT respond.workflow.incident:INCIDENT",
]

PLAYED_ELSEWHERE = {
    f"respond {name}"
    for name in (
        *("response-level", "receipt", "fulfil", "approve", "waive", "pause", "resume"),
        "form-team",
        "publish-review",
        "suggest",
        *(f"role {step}" for step in ("assign", "release", "hand-over", "list")),
        *(f"warning {step}" for step in ("raise", "confirm", "prepare", "lift")),
        *(f"pool {step}" for step in ("open", "add", "write-off", "commit", "use", "return", "consume")),
        *(f"pool {step}" for step in ("inspect", "renew", "close")),
        *("plan activate", "plan rebase"),
        *(f"plan life {step}" for step in ("approve", "drill", "evaluate", "revise", "reassess", "retire")),
        *(f"party {step}" for step in ("listen", "apologise", "offer", "approve", "accept", "reject", "pay")),
        *(f"statement {step}" for step in ("draft", "correct", "approve", "publish", "retract")),
        "tell",
        *(f"party {step}" for step in ("settle", "visit", "close", "reopen", "erase")),
    )
}
"""What needs a plan of more than an outline: the tests of people, parties and words hold it to the page."""


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
    (tmp_path / "scenario.toml").write_text(WRITTEN.replace("service-company", "first-steps"))
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
