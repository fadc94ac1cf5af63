from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url

from respond import Engine
from respond.errors import IdempotencyConflict, OutcomeUnknown, StoreReadOnly, UnreadableEvent, VersionConflict
from servers import fresh_postgresql
from service import FOLDER, LONG, Service, faults, tickets

CLIENTS = 50
ACTOR = {"X-Actor": "wang.li"}
ASSESSMENT = {"affected_customers": 300, "spread": "regional"}
REFUSE_AT_COMMIT = """
    CREATE FUNCTION refuse_engaged() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the line is engaged'; END $$;
    CREATE CONSTRAINT TRIGGER refuse_engaged AFTER INSERT ON tickets DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.callback LIKE 'engaged%') EXECUTE FUNCTION refuse_engaged();
"""
"""Lets the database refuse a ticket as late as it can: when the transaction is committed."""


def call(number, **fields):
    """Return what the caller *number* tells."""
    told = {"category": "facility_failure", "title": f"Terminal {number} is down"}
    return {**told, "caller": f"caller {number}", "callback": f"+41 44 000 00 {number:02}", **fields}


def named(key):
    """Return the headers of a request with this key."""
    return {**ACTOR, "Idempotency-Key": key}


def plainly(url):
    """Connect to the service's database past the service."""
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


@pytest.fixture(scope="module")
def service(postgresql_server) -> Iterator[Service]:
    """Yield the service on an empty database."""
    with fresh_postgresql(postgresql_server) as url:
        running = Service.start(url)
        assert ask(running, "GET", "/incidents").json() == {"rows": [], "next": None}  # it is up, its tables are there
        yield running
        running.stop()


def at_once(
    service: Service, work: Callable[[httpx.AsyncClient, int], Awaitable[object]], count: int = CLIENTS
) -> list[object]:
    """Return what *count* clients, each with connections of its own, get when all ask at once."""

    async def one(number: int) -> object:
        async with httpx.AsyncClient(base_url=service.address, timeout=LONG, trust_env=False) as client:
            return await work(client, number)

    async def everyone() -> list[object]:
        return await asyncio.gather(*map(one, range(count)))

    return asyncio.run(everyone())


def ask(service, method, path, **request):
    """Return one answer."""
    with httpx.Client(base_url=service.address, timeout=LONG, trust_env=False) as client:
        return client.request(method, path, **request)


def test_fifty_clients_at_once(service):
    """Of fifty clients that each send every request twice at once, each gets one incident with its ticket."""

    async def twice(client, path, key, body):
        answers = await asyncio.gather(*(client.post(path, headers=named(key), json=body) for _ in range(2)))
        assert {answer.is_success for answer in answers} == {True}, [answer.text for answer in answers]
        return answers

    async def work(client, number):
        opened = await twice(client, "/incidents", f"open {number}", call(number))
        assert sorted(answer.status_code for answer in opened) == [200, 201]
        [name] = {answer.json()["id"] for answer in opened}
        [_] = {answer.json()["number"] for answer in opened}
        assessed = await twice(client, f"/incidents/{name}/assess", f"assess {number}", ASSESSMENT)
        assert Counter(answer.json()["replayed"] for answer in assessed) == {False: 1, True: 1}
        for turn in range(2):
            await twice(client, f"/incidents/{name}/note", f"note {turn} {number}", {"text": f"note {turn}"})
        shown = (await client.get(f"/incidents/{name}")).json()
        assert (shown["status"], shown["notes"], shown["title"]) == ("assessed", 2, f"Terminal {number} is down")
        assert shown["ticket"]["caller"] == f"caller {number}"
        entries = (await client.get(f"/incidents/{name}/timeline")).json()["entries"]
        assert [entry["type"] for entry in entries].count("ProgressNoted") == 2
        return name

    names = at_once(service, work)
    assert len(set(names)) == CLIENTS
    assert set(names) <= set(tickets(service.url))
    assert not faults(service.url)


def test_both_or_neither(service):
    """Whether the workflow refuses the incident or the database the ticket, at the commit, no half is kept."""
    with plainly(service.url) as connection:
        connection.execute(REFUSE_AT_COMMIT)
    before = set(tickets(service.url))

    async def work(client, number):
        body = {
            0: call(number, title="taken", callback=f"a {number}"),
            1: call(number, category="nonsense", callback=f"b {number}"),
            2: call(number, callback=f"engaged {number}"),
        }[number % 3]
        return (await client.post("/incidents", headers=named(f"half {number}"), json=body)).status_code

    statuses = at_once(service, work, count=48)
    assert set(statuses[0::3]) == {201}
    assert set(statuses[1::3]) == {409}
    assert set(statuses[2::3]) == {500}
    assert len(set(tickets(service.url)) - before) == 16
    assert not faults(service.url)


def test_fifty_clients_on_one_incident(service):
    """Fifty clients that note on one incident at once all get through."""
    opened = ask(service, "POST", "/incidents", headers=named("shared"), json=call(0, callback="shared")).json()

    async def work(client, number):
        path = f"/incidents/{opened['number']}/note"
        return (await client.post(path, headers=named(f"shared {number}"), json={"text": f"{number}"})).status_code

    assert set(at_once(service, work)) == {200}
    assert ask(service, "GET", f"/incidents/{opened['id']}").json()["notes"] == CLIENTS
    assert not faults(service.url)


def test_a_killed_service_loses_and_doubles_nothing(postgresql_url):
    """When the service is killed among fifty calls, those that are sent again find their ticket, or open it."""
    first = Service.start(postgresql_url)
    answered = 0

    async def work(client, number):
        nonlocal answered
        try:
            answer = await client.post("/incidents", headers=named(f"cut {number}"), json=call(number))
        except httpx.TransportError:
            return None
        answered += 1
        if answered == CLIENTS // 5:
            first.kill()
        return answer.json()["id"]

    acknowledged = at_once(first, work)
    assert None in acknowledged
    second = Service.start(postgresql_url)

    async def again(client, number):
        answer = await client.post("/incidents", headers=named(f"cut {number}"), json=call(number))
        assert answer.is_success, answer.text
        return answer.json()["id"]

    names = at_once(second, again)
    second.stop()
    assert all(told in (None, name) for told, name in zip(acknowledged, names, strict=True))
    assert sorted(tickets(postgresql_url)) == sorted(names)
    assert not faults(postgresql_url)


def test_a_refusal_lists_every_reason(service):
    """A command that the workflow refuses is 409 with every reason."""
    opened = ask(service, "POST", "/incidents", headers=named("refused"), json=call(0, callback="refused")).json()
    path = f"/incidents/{opened['id']}"
    ask(service, "POST", f"{path}/assess", headers=named("refused assess"), json=ASSESSMENT)
    answer = ask(service, "POST", f"{path}/assign_level", headers=named("r"), json={"level": 9, "basis": ""})
    assert answer.status_code == 409
    assert answer.json()["code"] == "refused"
    assert [one["code"] for one in answer.json()["refusals"]] == ["level-unknown", "basis-missing"]
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(
    ("error", "status", "again"),
    [
        (VersionConflict("incident-1", "version 1", 2), 409, "1"),
        (IdempotencyConflict({"k": "used"}), 422, None),
        (OutcomeUnknown("the connection was lost"), 503, "1"),
        (StoreReadOnly("a standby"), 500, None),
        (UnreadableEvent("position 1"), 500, None),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_what_may_be_sent_again(monkeypatch, error, status, again):
    """What may be sent again says so with Retry-After; nothing else does."""
    monkeypatch.syspath_prepend(str(FOLDER))
    from app import refuse

    answer = asyncio.run(refuse(None, error))
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, again)


def test_a_key_names_one_request(service):
    """A key that is used for another request is refused, and leaves nothing behind."""
    first = ask(service, "POST", "/incidents", headers=named("once"), json=call(0, callback="once"))
    other = ask(service, "POST", "/incidents", headers=named("once"), json=call(0, callback="x", title="another"))
    assert (first.status_code, other.status_code) == (201, 422)
    assert other.json()["code"] == "idempotency-conflict"
    assert not faults(service.url)


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("/incidents", ACTOR, call(0), 422),
        ("/incidents", {"Idempotency-Key": "k"}, call(0), 422),
        ("/incidents", named("k"), call(0, severity=1), 422),
        ("/incidents/INC-1/dance", named("k"), {}, 404),
        ("/incidents/INC-1/note", named("k"), {"txt": "x"}, 422),
        ("/incidents/INC-1/__init__", named("k"), {}, 404),
        ("/incidents/INC-999999/note", named("k"), {"text": "x"}, 404),
        ("/incidents/INC-1/assess", named("k"), {"affected_customers": "many"}, 422),
    ],
)
def test_what_cannot_be_asked(service, path, headers, body, status):
    """What cannot be asked is refused with what is wrong, and changes nothing."""
    if not tickets(service.url):
        ask(service, "POST", "/incidents", headers=named("first"), json=call(0, callback="first"))
    answer = ask(service, "POST", path, headers=headers, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()
    assert not faults(service.url)


def test_a_busy_log_says_when_to_try_again(postgresql_url):
    """While another program holds the head of the log a call is 503 with Retry-After; sent again, it goes through."""
    request = {"headers": named("busy"), "json": call(0)}
    running = Service.start(postgresql_url, lock_timeout=0.1)
    ask(running, "GET", "/incidents")
    with plainly(postgresql_url) as connection:
        connection.execute("SELECT * FROM respond_head FOR UPDATE")
        answer = ask(running, "POST", "/incidents", **request)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1"), answer.text
        assert answer.json()["code"] == "store-busy"
        assert not faults(postgresql_url)
    assert ask(running, "POST", "/incidents", **request).status_code == 201
    running.stop()
    assert not faults(postgresql_url)


def test_the_list_is_filtered_and_paged(service):
    """The list holds every incident that is asked for once, newest first, page by page."""
    names = [
        ask(
            service,
            "POST",
            "/incidents",
            headers=named(f"list {number}"),
            json=call(number, title=f"Listed {number}", callback=f"list {number}"),
        ).json()["id"]
        for number in range(5)
    ]
    ask(service, "POST", f"/incidents/{names[1]}/cancel", headers=named("cancel"), json={"reason": "a test"})
    found, after = [], None
    for _ in range(3):
        asked = {"limit": 2, "text": "Listed", **({"after": after} if after else {})}
        page = ask(service, "GET", "/incidents", params=asked).json()
        found += [row["id"] for row in page["rows"]]
        after = page["next"]
    assert found == names[::-1]
    assert after is None
    shown = ask(service, "GET", "/incidents", params={"state": "cancelled"}).json()["rows"]
    assert [row["id"] for row in shown] == [names[1]]
    assert ask(service, "GET", "/incidents", params={"after": "nonsense"}).status_code == 422


def test_the_control_finds_what_stands_alone(postgresql_url):
    """The check of these tests finds a ticket without its incident, and an incident without its ticket."""
    with Engine.open(postgresql_url) as engine:
        alone, whole = (
            engine.report(category="facility_failure", title="by another way", actor="wang.li").id for _ in range(2)
        )
    with plainly(postgresql_url) as connection:
        connection.execute("CREATE TABLE tickets (incident_id text)")
        connection.execute("INSERT INTO tickets VALUES ('alone'), (%s)", [whole])
    assert sorted(faults(postgresql_url)) == [f"incident without ticket: {alone}", "ticket without incident: alone"]
