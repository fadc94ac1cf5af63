"""The commands of affected parties: each does what it says, under a plan that denies by default."""

from __future__ import annotations

import shlex

import pytest

PLAN = ("--plan", "service-company")
RECORDED = {"id", "number", "state", "position", "version", "events", "replayed"}
BEFORE = """
duty_officer  report --category equipment_failure --title Terminals --unit shops
assessor      acknowledge INC-1
assessor      assess INC-1 --affected-customers 41 --sites 1 --dead 0
assessor      level INC-1 3 --basis "one shop"
commander     start INC-1
"""
LIFE = """
agent          register INC-1 c-4711 --reference CRM-4711                                    -> registered
agent          register INC-1 shop-7 --customers 40 --group "stood at the tills"             -> registered
agent          contact c-4711 --channel telephone --outcome unreachable                      -> registered
agent          contact c-4711 --channel telephone --text "we are on it"                      -> contacted
agent          listen c-4711 --need receipt --complaint "paid twice" --remedy "money back"   -> contacted
agent          apologise c-4711 --by li.na --form "by telephone" --text sorry                -> contacted
agent          offer c-4711 --form money --amount "300.00 CNY" --text "the second charge"    -> offered
customer_care  approve c-4711 1 --note "a loyal customer"                                    -> offered
agent          accept c-4711 1                                                               -> agreed
agent          offer c-4711 --form extra_service --amount "90 CNY" --text "a year of support" -> offered
agent          reject c-4711 2 --reason "no use"                                             -> agreed
treasurer      pay c-4711 1 --reference B-2026-117                                           -> agreed
agent          settle c-4711 --solution "paid back"                                          -> settled
agent          visit c-4711 --outcome satisfied --text "asks for a receipt"                  -> visited
customer_care  close c-4711 --reason "all done"                                              -> closed
customer_care  reopen c-4711 --reason "no receipt came"                                      -> contacted
"""


def lines(text: str) -> list[tuple[str, list[str], str]]:
    """Return the role, the words and the state of each line."""
    parts = (line.partition("->") for line in text.strip().splitlines())
    return [(line.split()[0], shlex.split(line)[1:], state.strip()) for line, _, state in parts]


@pytest.fixture
def begun(cli):
    """Return the command line on a log with an incident to which people respond."""
    for role, words, _ in lines(BEFORE):
        cli.ask(*words, "--role", role, "--actor", f"{role}.person", *PLAN)
    return cli


def played(cli, until: str = "reopen"):
    """Play the life of the two parties, up to the command *until*, and return the command line."""
    for role, words, state in lines(LIFE):
        done = cli.ask("party", *words, "--role", role, "--actor", f"{role}.person", *PLAN)
        assert (done["state"], set(done)) == (state, RECORDED), words
        if words[0] == until:
            break
    return cli


def test_each_command_leads_on(begun):
    """Every command does what its line says, and the log that they leave keeps every rule."""
    played(begun)
    checked = begun.ask("check", *PLAN)
    assert (checked["findings"], checked["deviations"]) == ([], {})


def test_where_they_stand_is_shown(begun):
    """A party, those of an incident, and the figures over all."""
    cli = played(begun, until="visit")
    shown = cli.ask("party", "show", "c-4711", *PLAN)
    assert [(one["number"], one["status"], one["by"]) for one in shown["offers"]] == [
        (1, "paid", "agent.person"),
        (2, "rejected", "agent.person"),
    ]
    listed = cli.ask("party", "list", "INC-1", *PLAN)
    assert [(one["key"], one["state"], one["customers"]) for one in listed["parties"]] == [
        ("c-4711", "visited", 1),
        ("shop-7", "registered", 40),
    ]
    figures = cli.ask("party", "figures", *PLAN)
    assert (figures["customers"], figures["paid"], figures["satisfied_percent"]) == (
        41,
        {"CNY": {"$dec": "300.00"}},
        100,
    )


def test_what_people_read(begun):
    """The pages name the state, the offers and the amounts."""
    cli = played(begun, until="offer")
    page = cli.text("party", "show", "c-4711", *PLAN)
    assert "party-c-4711 is offered" in page
    assert "300.00 CNY" in page
    assert "to be approved" in page
    assert "INC-1: 2 affected parties" in cli.text("party", "list", "INC-1", *PLAN)
    assert "CNY 300.00" in cli.text("party", "figures", *PLAN)
    assert "300.00 CNY open" in cli.text("review", "INC-1", *PLAN)
    assert "首次联系客户 shop-7" in cli.text("obligations", "INC-1", "--language", "zh", *PLAN)


def test_what_is_refused(begun):
    """Money that is none, an offer above every limit with every reason, and a party that nobody registered."""
    played(begun, until="contact")
    who = ("--role", "agent", "--actor", "li.na", *PLAN)
    begun.ask("party", "contact", "c-4711", "--channel", "telephone", *who)
    offer = ("party", "offer", "c-4711", "--form", "money", "--amount")
    told = begun.refusal(*offer, "900000.005 EUR", *who, status=1)
    assert [one["code"] for one in told["refusals"]] == ["currency-wrong", "digits-too-many", "over-every-limit"]
    assert begun.refusal(*offer, "a lot", *who, status=2)["place"] == "--amount"
    assert (
        "there is no party 'c-9'"
        in begun.refusal("party", "visit", "c-9", "--outcome", "satisfied", *who, status=1)["message"]
    )


def test_what_was_said_is_erased(begun):
    """A case that is closed is erased with its reason; a second time nothing is left, and an open one is refused."""
    cli = played(begun, until="contact")
    who = ("--role", "agent", "--actor", "li.na", *PLAN)
    cli.ask("party", "contact", "c-4711", "--channel", "telephone", "--text", "We are on it", *who)
    assert cli.refusal("party", "erase", "c-4711", "--reason", "request 17", status=2)["place"] == "key"
    cli.ask("party", "close", "c-4711", "--reason", "asked to be forgotten", "--role", "customer_care", *PLAN)
    told = cli.ask("party", "erase", "c-4711", "--reason", "request 17")
    assert (told["key"], told["reason"]) == ("c-4711", "request 17")
    assert told["events"] > 1
    assert "0 events of party c-4711 erased" in cli.text("party", "erase", "c-4711", "--reason", "request 17")
    assert cli.refusal("party", "show", "c-4711", *PLAN, status=1)["code"] == "not-found"
    assert cli.ask("check", *PLAN)["clean"]
    assert "We are on it" not in cli.text("timeline", "INC-1", *PLAN)
