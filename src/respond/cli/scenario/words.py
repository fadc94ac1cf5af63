"""What is said: key messages, five statements of which one is retracted, notices, and what people answer."""

from __future__ import annotations

from decimal import Decimal

from respond.cli.scenario.people import (
    AGENT,
    CARE,
    COMMANDER,
    EXECUTIVE,
    FIRST_CARE,
    REVIEWER,
    SECOND_COMMANDER,
    SPOKESPERSON,
)
from respond.cli.scenario.step import Step, clock
from respond.workflow.incident.messages import ApproveKeyMessages, SetKeyMessages
from respond.workflow.incident.notices import EvaluateCommunication, Notify, RecordFeedback, RecordObservation
from respond.workflow.incident.statements import (
    ApproveStatement,
    CorrectStatement,
    DraftStatement,
    PublishStatement,
    RetractStatement,
)


def _posts(at: str, count: int) -> Step:
    command = RecordObservation(metric="hostile_posts_per_hour", value=Decimal(count), source="watch of social media")
    return SPOKESPERSON.does(at, "", command)


_FIRST_DAY = (
    COMMANDER.does(
        "12 09:23",
        "The staff hears it first.",
        Notify(text="Take cash. Do not restart the terminals.", audience="staff", channel="staff_group"),
    ),
    FIRST_CARE.does(
        "12 09:24",
        "What may be said is written down: the key messages.",
        SetKeyMessages(messages=("Card terminals in the north are down. Cash works everywhere.",), stage="first"),
    ),
    EXECUTIVE.does("12 09:25", "They are live once somebody else approved them.", ApproveKeyMessages(version=1)),
    FIRST_CARE.does(
        "12 09:26",
        "A first word to those who are affected is drafted.",
        DraftStatement(
            statement="first_word",
            audience="affected_customers",
            channel="website_notice",
            text="Our card terminals in the north are down. You can pay cash in every shop.",
            cause="not known yet",
            effect="no payment by card in some shops of the north",
            measures="technicians are at work",
            recovery="not known yet",
            next_update_at=clock("12 10:00"),
        ),
    ),
    FIRST_CARE.does(
        "12 09:27",
        "Nothing is published that nobody approved.",
        PublishStatement(statement="first_word"),
        refused=True,
    ),
    COMMANDER.does(
        "12 09:28", "Who did not write it approves it.", ApproveStatement(statement="first_word", version=1)
    ),
    FIRST_CARE.does("12 09:30", "It is out, in time.", PublishStatement(statement="first_word")),
    _posts("12 09:50", 140),
    _posts("12 10:30", 310),
    AGENT.does(
        "12 10:19",
        "What people answer is kept too.",
        RecordFeedback(text="I waited long on the telephone", source="callers", channel="hotline", count=23),
    ),
    SPOKESPERSON.does(
        "12 10:30",
        "The cause is known: the key messages are set anew.",
        SetKeyMessages(
            messages=("An update stopped card terminals. It is being rolled back.", "Nobody was charged twice."),
            stage="update",
        ),
    ),
    EXECUTIVE.does("12 10:31", "They are approved.", ApproveKeyMessages(version=2)),
    SPOKESPERSON.does(
        "12 10:31",
        "The public is told.",
        DraftStatement(
            statement="count",
            audience="public",
            channel="social_account",
            text="Card terminals are down in 14 of our shops.",
            cause="an update of the terminals",
            effect="14 shops take cash only",
            measures="the update is rolled back",
            recovery="today",
            next_update_at=clock("12 11:30"),
        ),
    ),
    EXECUTIVE.does("12 10:32", "", ApproveStatement(statement="count", version=1)),
    SPOKESPERSON.does("12 10:33", "Only the spokesperson speaks to the public.", PublishStatement(statement="count")),
    SPOKESPERSON.does(
        "12 10:37",
        "It told the first count, which was corrected: it is retracted.",
        RetractStatement(statement="count", reason="there are 20 shops, not 14"),
    ),
    SPOKESPERSON.does(
        "12 10:38",
        "The press gets the right one.",
        DraftStatement(
            statement="press_word",
            audience="press",
            channel="press_release",
            text="Card terminals were down in 20 of our 60 shops. Nobody was charged twice.",
            cause="an update of the terminals",
            effect="20 shops take cash only",
            measures="the update is rolled back; 18 shops work again",
            recovery="today",
            next_update_at=clock("12 12:00"),
        ),
    ),
    EXECUTIVE.does("12 10:39", "", ApproveStatement(statement="press_word", version=1)),
    SPOKESPERSON.does(
        "12 10:43", "One voice: it says what the key messages say.", PublishStatement(statement="press_word")
    ),
)

_SECOND_DAY = (
    SECOND_COMMANDER.does(
        "13 08:25",
        "The staff is told again.",
        Notify(text="Six shops fail again. Take cash.", audience="staff", channel="staff_group"),
    ),
    CARE.does(
        "13 08:42",
        "The first word is written anew; this version is to be approved again.",
        CorrectStatement(
            statement="first_word",
            reason="it failed again, and the cause is known",
            text="Six shops take cash only since this morning. We block the update that stops the terminals.",
            cause="an update of the terminals",
            effect="six shops take cash only",
            measures="the update is blocked",
            recovery="today",
            next_update_at=clock("13 09:15"),
        ),
    ),
    SECOND_COMMANDER.does("13 08:43", "", ApproveStatement(statement="first_word", version=2)),
    CARE.does("13 08:44", "Customers hear of it within half an hour.", PublishStatement(statement="first_word")),
    _posts("13 09:00", 90),
    CARE.does(
        "13 09:42",
        "It is over, and that is said too.",
        SetKeyMessages(messages=("Cards work again in every shop since 09:38. We are sorry.",), stage="resolved"),
    ),
    EXECUTIVE.does("13 09:44", "", ApproveKeyMessages(version=3)),
    CARE.does(
        "13 09:46",
        "Those who are affected are told how to reach the company.",
        DraftStatement(
            statement="over",
            audience="affected_customers",
            channel="website_notice",
            text="Cards work again. If you have a loss, call us.",
            cause="an update of the terminals",
            effect="shops took cash only",
            measures="the update is blocked",
            recovery="service is back since 09:38",
        ),
    ),
    SECOND_COMMANDER.does("13 09:48", "", ApproveStatement(statement="over", version=1)),
    CARE.does("13 09:50", "It is out.", PublishStatement(statement="over")),
    _posts("13 10:44", 20),
)

_AFTERWARDS = (
    SPOKESPERSON.does(
        "17 01:00",
        "What was learnt is told in one voice too.",
        SetKeyMessages(
            messages=("An update stopped our card terminals.", "Updates go to two shops first from now on."),
            stage="final",
        ),
    ),
    EXECUTIVE.does("17 01:05", "", ApproveKeyMessages(version=4)),
    SPOKESPERSON.does(
        "17 01:10",
        "An open account is drafted for the public: at level 1 the plan owes it.",
        DraftStatement(
            statement="account",
            audience="public",
            channel="website_notice",
            text="What happened to our card terminals, and what we change.",
            cause="an update broke the keys of the terminals",
            effect="customers had to pay cash",
            measures="the update was rolled back and is blocked",
            recovery="service is back in every shop",
        ),
    ),
    EXECUTIVE.does("17 01:20", "", ApproveStatement(statement="account", version=1)),
    SPOKESPERSON.does("17 01:25", "The spokesperson publishes it.", PublishStatement(statement="account")),
    REVIEWER.does(
        "17 03:30",
        "How it was told is judged.",
        EvaluateCommunication(rating=3, text="in one voice, but twice too long a silence"),
    ),
)

WORDS = (*_FIRST_DAY, *_SECOND_DAY, *_AFTERWARDS)
