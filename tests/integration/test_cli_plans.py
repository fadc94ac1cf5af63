"""Plans on the command line: judged, shown, compared; files and names of plans that ship."""

from __future__ import annotations

import pytest

from respond.plan.reader import shipped_plan
from sound_plan import SOUND

RULES = ", ".join(f'"{name}"' for name in ("resolve", "reopen", "close_review"))


@pytest.fixture
def sound(tmp_path, monkeypatch):
    """Return a file with a sound plan, in which every command has a rule, in the folder at hand."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "plan.toml"
    path.write_text(SOUND.replace(f"commands = [{RULES}]", 'commands = ["*"]'), encoding="utf-8")
    return path


def change(path, old: str, new: str, name: str = "plan.toml"):
    """Write the plan with one thing changed, and return its file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    changed = path.parent / name
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    return changed


def test_a_sound_plan_passes(cli, sound):
    """Nothing is found, and the command ends well."""
    document = cli.ask("plan", "lint", "plan.toml", "--today", "2026-11-20")
    assert document == {
        "files": [{"file": "plan.toml", "findings": []}],
        "errors": 0,
        "warnings": 0,
        "today": "2026-11-20",
    }
    assert cli.text("plan", "lint", "plan.toml", "--today", "2026-11-20") == "plan.toml: 0 errors, 0 warnings\n"


def test_a_plan_that_ships_is_copied_once(cli, tmp_path, monkeypatch):
    """The copy is the plan to the byte; a file that is there already is left alone."""
    monkeypatch.chdir(tmp_path)
    copied = cli.ask("plan", "copy", "first-steps", "mine.toml")
    assert copied == {"plan": "first-steps@1", "file": "mine.toml"}
    assert (tmp_path / "mine.toml").read_bytes() == shipped_plan("first-steps@1").read_bytes()
    (tmp_path / "mine.toml").write_text("mine")
    assert cli.refusal("plan", "copy", "first-steps", "mine.toml", status=2)["code"] == "invalid-input"
    assert (tmp_path / "mine.toml").read_text() == "mine"
    assert cli.refusal("plan", "copy", "first-steps", "no/such.toml", status=2)["code"] == "invalid-input"
    assert cli.refusal("plan", "copy", "nothing", "other.toml", status=2)["code"] == "plan-not-found"
    assert not (tmp_path / "other.toml").exists()


def test_an_error_is_bad_news(cli, sound):
    """An error is told with its file, line, key, advice and code, and the command ends with 1."""
    change(sound, 'head = "commander"', 'head = "comander"')
    said = cli.run("plan", "lint", "plan.toml", "--today", "2026-11-20")
    assert said.status == 1
    line = sound.read_text(encoding="utf-8").splitlines().index('head = "comander"') + 1
    advice = "bodies[0].head: 'comander' is not a role of the plan; did you mean commander? [body-without-head]"
    assert said.out.splitlines() == [f"plan.toml:{line}: error: {advice}", "plan.toml: 1 error, 0 warnings"]


def test_a_warning_alone_is_no_bad_news(cli, sound):
    """A plan whose inspection is overdue on that day has a warning, and the command ends well."""
    document = cli.ask("plan", "lint", "plan.toml", "--today", "2027-11-20")
    assert (document["errors"], document["warnings"]) == (0, 3)
    assert {one["code"] for one in document["files"][0]["findings"]} == {
        "inspection-overdue",
        "contact-unverified",
        "risk-unassessed",
    }


def test_a_plan_that_cannot_be_read_is_a_finding(cli, sound):
    """A key that stands twice is a finding like others; a file that is not there is bad input."""
    change(sound, 'title = "Grave"', 'title = "Grave"\ntitle = "Bad"')
    [finding] = cli.ask("plan", "lint", "plan.toml", status=1)["files"][0]["findings"]
    assert (finding["code"], finding["place"]) == ("duplicate-key", "levels[0].title")
    assert finding["line"] is not None
    assert cli.refusal("plan", "lint", "nowhere.toml", status=2)["flaw"] == "unreadable"
    assert cli.refusal("plan", "lint", "nobodys-plan", status=2)["code"] == "plan-not-found"


def test_a_special_plan_finds_its_general_one_among_the_files(cli, sound):
    """Named beside its general plan it is judged whole; alone it lacks it."""
    special = sound.parent / "special.toml"
    special.write_text(
        'name = "x"\nversion = "1"\nunder = "sound"\n[[measures]]\nid = "m"\ntitle = "M"\ntitles = {zh = "措"}\n'
        'role = "commander"\n',
        encoding="utf-8",
    )
    day = ("--today", "2026-11-20")
    assert cli.ask("plan", "lint", "special.toml", "plan.toml", *day)["errors"] == 0
    alone = cli.ask("plan", "lint", "special.toml", *day, status=1)
    assert [one["code"] for one in alone["files"][0]["findings"]] == ["general-plan-missing"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Sound", "from 100 affected customers", "The initial report to Head office, due 1 h after a level"]),
        ("zh", ["健全", "受影响客户 100 及以上", "时限义务", "重大", "定级后 1 小时内"]),
    ],
)
def test_a_plan_is_shown_in_words(cli, sound, language, words):
    """Levels, the duty matrix and obligations are shown in the language that was asked for."""
    page = cli.text("plan", "show", "plan.toml", "--language", language)
    for word in words:
        assert word in page


def test_a_shipped_plan_is_shown_by_its_name(cli):
    """A name without a version means the newest one that ships."""
    document = cli.ask("plan", "show", "service-company")
    assert document["name"] == "service-company"
    assert int(document["version"]) >= 2
    assert document["plan"]["levels"][0]["number"] == 1
    for language in ("en", "zh"):
        assert cli.text("plan", "show", "service-company", "--language", language)


def test_a_difference_is_told_in_sentences(cli, sound):
    """Two files, one thing changed: one sentence; none between a plan and itself."""
    change(sound, 'within = "1 h"', 'within = "30 min"', "new.toml")
    page = cli.text("plan", "diff", "plan.toml", "new.toml")
    assert page.splitlines() == [
        "sound@1 to sound@1: 1 change",
        "The initial report to Head office is due 30 min after a level was assigned (was 1 h).",
    ]
    [change_told] = cli.ask("plan", "diff", "plan.toml", "new.toml")["changes"]
    assert (change_told["kind"], change_told["place"]) == ("changed", "obligations.initial.due")
    assert cli.ask("plan", "diff", "plan.toml", "plan.toml")["changes"] == []
