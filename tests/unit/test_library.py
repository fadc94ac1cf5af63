"""The library: lessons are found by what they say, and what is like an incident with the reasons."""

from __future__ import annotations

import pytest

from play import START
from respond import Engine, Plan
from respond.errors import IncidentNotFound, InvalidInput
from respond.projections.terms import Query, indexed, terms_of
from respond.store.memory import MemoryEventStore
from respond.testing.clocks import ManualClock

PLAN = Plan.example()


@pytest.fixture(params=["memory", "sqlite"])
def engine(request):
    """Yield an engine in memory, then one on SQLite."""
    clock = ManualClock(START)
    if request.param == "memory":
        yield Engine(MemoryEventStore(clock=clock), plans=[PLAN], clock=clock)
        return
    with Engine.open("sqlite://", plans=[PLAN], clock=clock) as engine:
        yield engine


def incident(engine, title, *, category="facility_failure", level=2, site="north", facets=()):
    """Return an incident that was resolved."""
    found = engine.report(category=category, title=title, site=site, actor="wang.li")
    found.assess(affected_customers=300, facets=facets)
    found.assign_level(level, basis="regional")
    found.start_response()
    found.report_upward("initial", recipient="HQ", summary="14 shops")
    found.resolve("Replaced")
    return found


def found(page):
    """Return the keys on a page."""
    return [row.lesson for row in page.rows]


class TestTerms:
    """What a text is searched by."""

    def test_words_and_pairs(self):
        """Latin words whole, and of Chinese each sign and each pair."""
        assert terms_of("ATM机 断电了, Straße_2") == {"atm", "机", "断", "电", "了", "断电", "电了", "strasse", "2"}

    def test_an_index_gets_plain_words(self):
        """Letters and digits only, three at least and 80 at most, whatever the text; two kinds stay apart."""
        plain = indexed(terms_of("a 断电 é " + "x" * 200)).split()
        assert all(term.isascii() and term.isalnum() and 3 <= len(term) <= 80 for term in plain)
        assert set(plain).isdisjoint(indexed(["a"], "t").split())

    @pytest.mark.parametrize("text", ["!!!", "🧯", "_"])
    def test_nothing_to_look_for(self, text):
        """What holds neither a letter nor a digit cannot be looked for; one word can."""
        with pytest.raises(InvalidInput, match="holds nothing to look for"):
            Query.of(text)
        assert Query.of(f"{text} word").words == {"word"}

    def test_pairs_do_not_make_a_run(self):
        """All pairs may stand in a text that the run itself is not in."""
        query = Query.of("断电断")
        assert query.terms <= terms_of("断电 电断")
        assert not query.fits("断电 电断")
        assert query.fits("又断电断了")


class TestLessons:
    """Searching."""

    def test_by_words_in_two_languages(self, engine):
        """Each word must stand in it, whatever the case; Chinese is found inside what is written."""
        engine.record_lesson("Watch the end of Certificates", source="the Bank", lesson="keys")
        engine.record_lesson("柜台断电后改用手工凭证", source="行业通报", lesson="slips")
        assert found(engine.lessons("certificates WATCH")) == ["keys"]
        assert found(engine.lessons("断电后")) == found(engine.lessons("凭证 柜台")) == ["slips"]
        assert found(engine.lessons("certificate")) == found(engine.lessons("电断")) == []
        assert found(engine.lessons()) == ["slips", "keys"]

    def test_what_was_revised_and_withdrawn(self, engine):
        """A lesson is found by what it says now, and no more when it was withdrawn."""
        lesson = engine.record_lesson("Watch certificates", source="the Bank")
        assert len(engine.lessons("watch").rows) == 1
        lesson.revise("Renew certificates", tags=("tls",), reason="clearer")
        assert (engine.lessons("watch").rows, engine.lessons("renew").rows[0].revised) == ((), True)
        assert len(engine.lessons(tags=["TLS"]).rows) == 1
        lesson.withdraw("wrong")
        assert engine.lessons("renew").rows == ()

    def test_by_category_level_and_tags(self, engine):
        """A category stands for those that refine it too; of tags all must be there."""
        incident(engine, "Terminals down").record_lesson("Watch them", tags=("tls", "shops"), lesson="keys")
        engine.record_lesson("Watch it", source="the Bank", category="other", level=1, tags=("tls",), lesson="bank")
        assert found(engine.lessons(category="facility_failure")) == found(engine.lessons(level=2)) == ["keys"]
        assert found(engine.lessons("watch", tags=("tls",))) == ["bank", "keys"]
        assert found(engine.lessons(tags=("tls", "shops"), level=1)) == []

    def test_page_by_page(self, engine):
        """A cursor leads on; a limit and a cursor that are none are refused."""
        for number in range(3):
            engine.record_lesson(f"Lesson {number}", source="the Bank", lesson=f"l-{number}")
        first = engine.lessons("lesson", limit=2)
        assert (found(first), found(engine.lessons("lesson", limit=2, after=first.next))) == (["l-2", "l-1"], ["l-0"])
        with pytest.raises(InvalidInput, match="0 is not between 1 and 1000"):
            engine.lessons(limit=0)

    @pytest.mark.parametrize("text", ["断" * 33_331 + "结尾", "x" * 99_993 + " 结尾", "🧯电" * 14_284 + "结尾"])
    def test_the_longest_texts_are_found(self, engine, text):
        """A text of 100,000 bytes is searched to its end, and comes back as it was written."""
        engine.record_lesson(text, source="the Bank")
        assert engine.lessons("结尾").rows[0].text == text


class TestSimilar:
    """What is like an incident."""

    def test_the_reasons(self, engine):
        """Category, level, site, facets and words in common each count, and are told."""
        mine = incident(engine, "Card terminals down", facets=("safety",))
        near = incident(engine, "Card terminals slow", facets=("safety",))
        far = incident(engine, "Flood", category="other", level=3, site="south")
        engine.record_lesson("Card readers need power", source="the Bank", lesson="power")
        own = mine.record_lesson("Card terminals need spares")
        found = engine.similar(mine.id)
        assert [one.key for one in found] == [near.id, "power", far.id]
        assert own.key in [row.lesson for row in engine.lessons().rows]
        assert found[0].because[:4] == (
            "both are facility_failure",
            "both were level 2",
            "both happened at north",
            "both have safety",
        )
        assert {"card", "terminals"} <= set(found[0].shared)

    def test_unknown(self, engine):
        """There is nothing like an incident that is not there, and no more than 100 are told."""
        with pytest.raises(IncidentNotFound):
            engine.similar("INC-99")
        with pytest.raises(InvalidInput, match="101 is not between 1 and 100"):
            engine.similar(incident(engine, "Flood").id, limit=101)

    def test_a_correction_counts(self, engine):
        """What an incident is like follows from how it reads now."""
        mine, other = incident(engine, "Flood", site="south", level=3, category="other"), incident(engine, "Fire")
        assert engine.similar(mine.id)[0].shared == ("replaced",)
        entry = other.events()[0].id
        other.correct(entry, {"title": "Flood", "site": "south"}, reason="typo")
        assert "both happened at south" in engine.similar(mine.id)[0].because
        assert set(engine.similar(mine.id)[0].shared) == {"flood", "replaced"}
