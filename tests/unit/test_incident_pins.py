"""Pins: which entries of an incident tell the story, who says so, and by what is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engines import REPORTED, codes, engine_on
from play import START, Play, incident_in
from respond.domain.moments import Moment
from respond.domain.payloads import from_data, to_data
from respond.errors import CommandRefused
from respond.store.memory import MemoryEventStore
from respond.testing.conformance import samples
from respond.testing.conformance.samples import ManualClock
from respond.workflow.incident import commands as c
from respond.workflow.incident.pins import EntryPinned, EntryUnpinned, PinEntry, UnpinEntry
from respond.workflow.incident.state import STATES, Incident


@pytest.fixture
def play() -> Play:
    """An incident with a note."""
    return incident_in("responding").do(c.Note(text="The gateway refused it"))


def noted(play: Play) -> str:
    """Return the id of the note."""
    return play.entry("ProgressNoted")


class TestDeciding:
    """What a pin causes, and what stands in its way."""

    def test_a_pin_and_its_end(self, play):
        """Each is one event, with the entry and the words."""
        entry = noted(play)
        assert play.decide(PinEntry(entry=entry, note="the cause")) == (EntryPinned(entry=entry, note="the cause"),)
        play.do(PinEntry(entry=entry))
        assert play.decide(UnpinEntry(entry=entry, reason="no")) == (EntryUnpinned(entry=entry, reason="no"),)

    def test_what_is_pinned_is_done(self, play):
        """In other words too; once it was unpinned, it can be pinned again."""
        entry = noted(play)
        play.do(PinEntry(entry=entry, note="the cause"))
        assert play.decide(PinEntry(entry=entry, note="other words")) == ()
        play.do(UnpinEntry(entry=entry, reason="it was not"))
        assert play.decide(PinEntry(entry=entry, note="it was")) == (EntryPinned(entry=entry, note="it was"),)

    def test_what_is_not_pinned_is_not_unpinned(self, play):
        """Neither before, nor a second time; and never without a reason."""
        entry = noted(play)
        assert play.refused(UnpinEntry(entry=entry, reason="no")) == ["entry-not-pinned"]
        play.do(PinEntry(entry=entry))
        assert play.refused(UnpinEntry(entry=entry, reason=" ")) == ["reason-missing"]
        play.do(UnpinEntry(entry=entry, reason="no"))
        assert play.refused(UnpinEntry(entry=entry, reason="no")) == ["entry-not-pinned"]

    @pytest.mark.parametrize("state", STATES)
    def test_in_every_state(self, state):
        """Also when it is over, or goes on as another one; the state stays."""
        play = incident_in(state)
        entry = play.entry("IncidentReported")
        play.do(PinEntry(entry=entry), UnpinEntry(entry=entry, reason="no"))
        assert play.state.status == state

    def test_an_entry_of_another_incident(self):
        """It is pinned where it stands, also once it was merged into this one."""
        engine = engine_on(MemoryEventStore(clock=ManualClock()), ManualClock())
        first, second = engine.report(**REPORTED), engine.report(**REPORTED)
        (entry,) = second.note("Smoke").events
        second.merge_into(first, reason="one fire")
        assert codes(first.pin_entry, entry) == ["entry-unknown"]
        assert second.pin_entry(entry).events
        assert [one.text for one in first.timeline().pinned] == ["INC-2: Noted: Smoke"]

    @pytest.mark.parametrize("words", [{"note": "水" * 33_334}, {"note": "\ud800"}])
    def test_texts_have_bounds(self, play, words):
        """Those of every command."""
        with pytest.raises(CommandRefused):
            play.do(PinEntry(entry=noted(play), **words))


class TestState:
    """What an incident knows of its pins."""

    def test_who_pinned_what_and_when(self, play):
        """The entry, the person, the time and the words; of the end of it too."""
        entry, since = noted(play), START + timedelta(minutes=len(play.history))
        play.do(PinEntry(entry=entry, note="the cause"), actor="li.na")
        (pin,) = play.state.pins
        assert (pin.entry, pin.by, pin.since.at, pin.since.text, pin.until) == (
            entry,
            "li.na",
            since,
            "the cause",
            None,
        )
        play.do(UnpinEntry(entry=entry, reason="it was not"), actor="wu.bo")
        (pin,) = play.state.pins
        assert (pin.since.text, pin.until.at, pin.until.text) == (
            "the cause",
            since + timedelta(minutes=1),
            "it was not",
        )
        assert play.state.pinned == ()

    def test_an_unpinning_ends_the_pins_of_its_entry_only(self, play):
        """Other entries stay pinned, and what ended before ended then."""
        entry, first = noted(play), play.entry("IncidentReported")
        play.do(
            PinEntry(entry=first), PinEntry(entry=entry), UnpinEntry(entry=entry, reason="no"), PinEntry(entry=entry)
        )
        assert play.state.pinned == (first, entry)
        ended = play.state.pins[1].until
        play.do(UnpinEntry(entry=entry, reason="again"))
        assert play.state.pinned == (first,)
        assert play.state.pins[1].until == ended

    def test_what_reality_tells_twice(self, play):
        """A foreign log may pin an entry twice, and unpin what nobody pinned."""
        entry = noted(play)
        play.record(EntryUnpinned(entry=entry, reason="no"), EntryPinned(entry=entry), EntryPinned(entry=entry))
        assert play.state.pinned == (entry,)
        play.do(c.Retract(entry=play.entry("EntryPinned"), reason="twice"))
        assert play.state.is_pinned(entry)
        play.record(EntryUnpinned(entry=entry, reason="no"))
        assert not play.state.is_pinned(entry)

    def test_a_retracted_pin_marks_nothing(self, play):
        """Nor is it known any more that it was; the notes stay, whether it held or had ended."""
        entry = noted(play)
        for ended in (False, True):
            play.do(PinEntry(entry=entry))
            pin = play.entry("EntryPinned")
            if ended:
                play.do(UnpinEntry(entry=entry, reason="no"))
            play.do(c.Retract(entry=pin, reason="wrong entry"))
            assert (play.state.pins, play.state.notes) == ((), 1)
        assert play.decide(PinEntry(entry=entry))

    def test_the_end_of_a_pin_is_a_step(self, play):
        """It is not retracted: the entry is pinned again."""
        play.do(PinEntry(entry=noted(play)), UnpinEntry(entry=noted(play), reason="no"))
        assert play.refused(c.Retract(entry=play.entry("EntryUnpinned"), reason="x")) == ["entry-not-retractable"]

    def test_a_retracted_entry_stays_pinned(self, play):
        """That it does not hold may be the very story; the timeline marks both."""
        play.do(PinEntry(entry=noted(play)), c.Retract(entry=noted(play), reason="another shop"))
        assert play.state.is_pinned(noted(play))

    def test_corrections_reach_it(self, play):
        """Why it was pinned and taken off, and when, is put right."""
        play.do(PinEntry(entry=noted(play), note="the cuase"), UnpinEntry(entry=noted(play), reason="on"))
        right = Moment(START).to_json()
        for name, changes in (
            ("EntryPinned", {"note": "the cause", "occurred_at": right}),
            ("EntryUnpinned", {"reason": "no", "occurred_at": right}),
        ):
            play.do(c.Correct(entry=play.entry(name), changes=changes, reason="typo"))
        (pin,) = play.state.pins
        assert (pin.since.text, pin.since.at, pin.until.text, pin.until.at) == ("the cause", START, "no", START)
        blank = c.Correct(entry=play.entry("EntryUnpinned"), changes={"reason": " "}, reason="typo")
        long = c.Correct(entry=play.entry("EntryPinned"), changes={"note": "水" * 33_334}, reason="typo")
        assert play.refused(blank) == ["correction-invalid"]
        assert play.refused(long) == ["text-too-long", "correction-invalid"]

    def test_it_is_plain_data(self, play):
        """A snapshot keeps it."""
        play.do(PinEntry(entry=noted(play), note="the cause"), actor="li.na")
        assert from_data(Incident, to_data(play.state)) == play.state


class TestTime:
    """Pins go with their entry: what was known of them counts, whenever the entry happened."""

    @pytest.fixture
    def clock(self):
        return ManualClock()

    @pytest.fixture
    def incident(self, clock):
        """An incident with a note that was pinned and unpinned, ten minutes apart."""
        engine = engine_on(MemoryEventStore(clock=clock), clock)
        incident = engine.report(**REPORTED)
        (entry,) = incident.note("The gateway refused it").events
        clock.move(minutes=10)
        incident.pin_entry(entry, note="the cause", actor="li.na")
        clock.move(minutes=10)
        incident.unpin_entry(entry, reason="it was not", actor="wu.bo")
        return incident

    def test_the_state_that_was_known(self, incident):
        """Before the pin, with it, and without it again."""
        entry = incident.events()[1].id
        known = [samples.START + timedelta(minutes=minutes) for minutes in (9, 10, 19, 20)]
        assert [incident.state(known_at=at).is_pinned(entry) for at in known] == [False, True, True, False]
        told = [incident.timeline(known_at=at).pinned for at in known]
        assert [[one.id for one in pinned] for pinned in told] == [[], [entry], [entry], []]

    def test_what_had_happened(self, incident, clock):
        """A pin that was made later marks an entry that had happened by then, in the state and in the timeline."""
        entry, before = incident.events()[1].id, samples.START + timedelta(minutes=5)
        clock.move(minutes=10)
        incident.pin_entry(entry)
        assert incident.state(as_of=before).pinned == (entry,)
        assert [one.id for one in incident.timeline(as_of=before).pinned] == [entry]
        incident.retract(incident.events()[-1].id, reason="wrong entry")
        assert incident.state(as_of=before).pinned == incident.timeline(as_of=before).pinned == ()

    def test_a_pin_of_a_pin(self, incident):
        """A state of another time tells what the state tells, however pins, corrections and retractions follow."""
        unpinned = incident.events()[-1].id
        (pinned,) = incident.pin_entry(unpinned, note="read this").events
        (again,) = incident.pin_entry(pinned).events
        incident.correct(pinned, {"note": "read that"}, reason="typo")
        incident.retract(again, reason="once is enough")
        later = samples.START + timedelta(hours=1)
        assert incident.state(as_of=later) == incident.state()
        assert [one.id for one in incident.timeline().pinned] == [unpinned]


def test_a_reopening_keeps_them():
    """The story goes on."""
    play = incident_in("resolved")
    play.do(PinEntry(entry=play.entry("IncidentReported")), c.Reopen(reason="it is back"))
    assert play.state.pinned == (play.entry("IncidentReported"),)


def test_nobody_reads_who_is_not_shown_people():
    """Roles stand in the place of people in the learning view, in what a pin says too."""
    engine = engine_on(MemoryEventStore(clock=ManualClock()), ManualClock())
    incident = engine.report(**REPORTED)
    incident.note("The gateway refused it", actor="li.na")
    incident.pin_entry(incident.events()[1].id, note="li.na saw it first", actor="wu.bo")
    shown = incident.learning_view().timeline
    assert [one.text for one in shown.pinned] == ["Noted: The gateway refused it"]
    assert not any(name in str(shown.to_json()) for name in ("li.na", "wu.bo"))
