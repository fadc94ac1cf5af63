"""Rows 48 and 111 to 114: lessons, cases of others, and where all of it is read."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from rehearsal import desk, refused, responding
from respond.transfer.bundle import verify_bundle, write_bundle


def test_lessons():
    """Row 111: what incidents teach is found again, by words, category, level and tags, and by likeness."""
    engine = desk()
    first = responding(engine)
    first.resolve("New terminals")
    lesson = first.record_lesson("Watch the end of certificates", tags=("tls",))
    assert [row.lesson for row in engine.lessons("certificates", tags=["tls"], level=2).rows] == [lesson.key]
    assert engine.lessons("generators").rows == ()
    assert first.state().review.lessons == (lesson.key,)
    second = responding(engine)
    found = engine.similar(second.id)
    assert [one.key for one in found] == [first.id, lesson.key]
    assert f"both are {second.state().category}" in found[0].because


def test_cases_of_others():
    """Row 48: cases of other companies are gathered with their source, and studied beside one's own."""
    engine = desk()
    with refused("lesson-source-missing"):
        engine.record_lesson("银行断电后柜台改用手工凭证", source=" ")
    case = engine.record_lesson("银行断电后柜台改用手工凭证", source="行业通报", category="technical_failure")
    assert [(row.lesson, row.source) for row in engine.lessons("断电").rows] == [(case.key, "行业通报")]
    assert case.key in [row.lesson for row in engine.lessons(category="technical_failure").rows]


def test_case_base():
    """Row 113: a case of the trade is written anew when more is known of it, and withdrawn when it was wrong."""
    engine = desk()
    case = engine.record_lesson("Paper slips helped", source="the trade")
    case.revise("Paper slips helped for a day", reason="the trade says more")
    assert engine.lessons("day").rows[0].revised
    with refused("reason-missing"):
        case.withdraw("")
    case.withdraw("it was another bank")
    assert engine.lessons("day").rows == ()
    assert engine.lesson(case.key).state().reason == "it was another bank"


def test_file():
    """Row 112: the file of an incident holds what was done, said and learnt, and proves that nothing is left out."""
    engine = desk()
    incident = responding(engine)
    incident.note("The vendor is on the way")
    incident.register_affected("c-1").contact_party("telephone")
    incident.resolve("New terminals")
    incident.record_lesson("Watch the end of certificates")
    with TemporaryDirectory() as name:
        folder = Path(name)
        told = write_bundle(engine, incident.id, folder)
        assert "The vendor is on the way" in str(told["timeline"])
        assert (told["state"]["resolution"], list(told["parties"])) == ("New terminals", ["c-1"])
        assert told["review"]["learnt"]["lessons"][0]["text"] == "Watch the end of certificates"
        assert verify_bundle(folder).flaws == ()
        for forge, code in ((_alter, "leaf-differs"), (_shorten, "version-missing")):
            forged = json.loads(json.dumps(told))
            forge(forged["events"])
            (folder / "bundle.json").write_text(json.dumps(forged))
            assert code in {flaw.code for flaw in verify_bundle(folder).flaws}


def _alter(events):
    events[-2]["body"] = events[-2]["body"].replace("i", "j", 1)


def _shorten(events):
    del events[1]


def test_one_place():
    """Row 114: incidents and lessons of all, own and others', are read in one place, page by page, the newest first."""
    engine = desk()
    incident = responding(engine)
    incident.resolve("New terminals")
    own = incident.record_lesson("Watch certificates")
    other = engine.record_lesson("Watch generators", source="the trade")
    page = engine.lessons("watch", limit=1)
    assert [row.lesson for row in page.rows] == [other.key]
    assert [row.lesson for row in engine.lessons("watch", after=page.next).rows] == [own.key]
