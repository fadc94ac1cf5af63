from __future__ import annotations

from pathlib import Path

import pytest

from respond.errors import InvalidPlan
from respond.plan.plan import Plan

PLAN = """
name = "small"
version = "1"
profiles = [{profiles}]
categories = [{{id = "other", title = "Other"}}, {{id = "personal_data", title = "Personal data"}}]
levels = [{{number = 1, title = "Grave"}}]
audiences = [{{id = "court", title = "Our court", kind = "authorities"}}]

[[obligations]]
id = "notify"
title = "Tell the crew"
act = "fulfil"
due = [{{from = "aware", within = "5 min"}}]

[[obligations]]
id = "crew"
title = "Count the crew"
act = "fulfil"
due = [{{from = "aware", within = "1 h"}}]
"""
PROFILE = """
name = "harbour-law"
version = "3"
title = "Harbour law"

[[calendars]]
name = "tides"
version = "1"
zone = "Europe/Oslo"

[[audiences]]
id = "court"
title = "The court"
kind = "authorities"

[[audiences]]
id = "coast_guard"
title = "Coast guard"
kind = "authorities"

[[obligations]]
id = "notify"
title = "Tell the coast guard"
act = "report_upward"
report = "initial"
recipient = "coast_guard"
calendar = "tides"
due = [{from = "aware", within = "1 h"}]

[[obligations]]
id = "court_told"
title = "Learn that the court was told"
act = "fulfil"
due = [{from = "discharged", of = "notify", within = "2 h"}, {from = "discharged", of = "crew", within = "2 h"}]
"""


def written(folder: Path, *profiles: str, **files: str) -> Path:
    """Return the path of a plan that names *profiles*, beside *files*."""
    for name, text in {"harbour-law@3": PROFILE, **files}.items():
        (folder / f"{name}.toml").write_text(text)
    path = folder / "plan.toml"
    path.write_text(PLAN.format(profiles=", ".join(f'"{name}"' for name in profiles)))
    return path


def test_a_profile_adds_its_obligations(tmp_path):
    """They stand behind the plan's own, under the profile's name, also where one names another."""
    plan = Plan.load(written(tmp_path, "harbour-law@3"))
    assert plan.profiles == ("harbour-law@3",)
    assert [one.id for one in plan.obligations] == ["notify", "crew", "harbour-law.notify", "harbour-law.court_told"]
    assert [clock.of for clock in plan.obligations[3].due] == ["harbour-law.notify", "crew"]


def test_a_profile_brings_what_its_obligations_need(tmp_path):
    """Recipients and calendars come with it; a plan that has one already keeps its own."""
    plan = Plan.load(written(tmp_path, "harbour-law@3"))
    assert [(one.id, one.title) for one in plan.audiences] == [("court", "Our court"), ("coast_guard", "Coast guard")]
    assert [(one.name, one.zone) for one in plan.calendars] == [("tides", "Europe/Oslo")]
    path = written(tmp_path, "harbour-law@3")
    path.write_text(f'calendars = [{{name = "tides", version = "9", zone = "Asia/Shanghai"}}]\n{path.read_text()}')
    assert [(one.name, one.zone) for one in Plan.load(path).calendars] == [("tides", "Asia/Shanghai")]


def test_of_two_profiles_the_first_gives_what_both_bring(tmp_path):
    """The order in which a plan names its profiles decides, and nothing else."""
    other = PROFILE.replace("harbour-law", "river-law").replace("Coast guard", "River guard")
    plan = Plan.load(written(tmp_path, "harbour-law@3", "river-law@3", **{"river-law@3": other}))
    assert [one.title for one in plan.audiences] == ["Our court", "Coast guard"]
    assert len(plan.obligations) == 6
    plan = Plan.load(written(tmp_path, "river-law@3", "harbour-law@3", **{"river-law@3": other}))
    assert [one.title for one in plan.audiences] == ["Our court", "River guard"]


def test_a_profile_that_ships_is_found(tmp_path):
    """It is named and needs no file; one of that name beside the plan goes before it."""
    path = written(tmp_path, "gdpr@1")
    assert "gdpr.notification" in [one.id for one in Plan.load(path).obligations]
    (tmp_path / "gdpr@1.toml").write_text(PROFILE.replace("harbour-law", "gdpr").replace('"3"', '"1"'))
    assert [one.id for one in Plan.load(path).obligations] == ["notify", "crew", "gdpr.notify", "gdpr.court_told"]


def test_dora_brings_its_calendar(tmp_path):
    """Its deadlines move to noon of the next working day, which needs a calendar."""
    plan = Plan.load(written(tmp_path, "dora@1"))
    assert {(one.calendar, one.shift) for one in plan.obligations[2:]} == {("eu-weekdays", "noon_next_working_day")}
    assert [one.name for one in plan.calendars] == ["eu-weekdays"]


def test_the_digest_covers_the_profiles(tmp_path):
    """A plan with a profile is another plan, and so is one whose profile says something else."""
    without = Plan.load(written(tmp_path)).reference.digest
    given = Plan.load(written(tmp_path, "harbour-law@3")).reference.digest
    changed = {"harbour-law@3": PROFILE.replace('"1 h"', '"2 h"')}
    assert len({without, given, Plan.load(written(tmp_path, "harbour-law@3", **changed)).reference.digest}) == 3
    assert Plan.load(written(tmp_path, "harbour-law@3")).reference.digest == given


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("harbour-law", "profiles[0]: 'harbour-law' must be a name, @ and a version, such as gdpr@1"),
        ("", "profiles[0]: '' must be a name, @ and a version"),
        ("../harbour-law@3", "profiles[0]: '../harbour-law@3' must be a name, @ and a version"),
        (
            "harbour-law@4",
            "profiles[0]: no profile harbour-law@4.toml lies beside the plan; respond comes with dora@1, ",
        ),
        ("gdpr@9", "profiles[0]: no profile gdpr@9.toml lies beside the plan; respond comes with dora@1, gdpr@1, "),
        ("renamed@3", "profiles[0]: renamed@3.toml holds harbour-law@3"),
    ],
)
def test_a_profile_that_is_not_there_is_named(tmp_path, profile, message):
    """A name without a version, a path, and a file that is missing or holds another are refused with their place."""
    with pytest.raises(InvalidPlan) as caught:
        Plan.load(written(tmp_path, profile, **{"renamed@3": PROFILE}))
    assert str(caught.value).partition(": ")[2].startswith(message)


def test_a_fault_in_a_profile_is_named_with_its_file(tmp_path):
    """Whoever wrote the plan learns which file to mend, and where."""
    wrong = {"harbour-law@3": PROFILE.replace('"1 h"', '"soon"')}
    with pytest.raises(InvalidPlan) as caught:
        Plan.load(written(tmp_path, "harbour-law@3", **wrong))
    place = f"profiles[0]: {tmp_path / 'harbour-law@3.toml'}: obligations[0].due[0].within"
    assert f"{place}: 'soon' is not a span" in str(caught.value)
    assert (caught.value.key, caught.value.value, caught.value.line) == ("profiles[0]", "harbour-law@3.toml", 4)


def test_a_profile_is_named_once(tmp_path):
    """Twice, or in two versions, its obligations would clash."""
    with pytest.raises(InvalidPlan, match="'harbour-law' stands twice") as refused:
        Plan.load(written(tmp_path, "harbour-law@3", "harbour-law@3"))
    assert (refused.value.key, refused.value.flaw) == ("profiles[1]", "id-twice")
    assert refused.value.line is not None
