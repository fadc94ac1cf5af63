"""Every statement on PostgreSQL finds its index while the table grows from nothing, before it has statistics.

A plan that is made then is kept: one that reads all events of a tenant slows down with every event that comes.
"""

from __future__ import annotations

import re
from typing import Any

import attrs
import pytest

from respond.domain.streams import StreamId
from respond.store.records import Write
from respond.store.sql.rows import prepared
from respond.testing.conformance.samples import event as sample
from respond.testing.conformance.samples import ids_of
from servers import fresh_postgresql
from sql_logs import opened
from stores import END_OF_TIME

SIZES = range(0, 256, 4)
"""Events in the table: the indexes on streams, ids and subjects get their second page one after another in there."""
STREAM, ID, SUBJECT, POSITION = "events_stream_key", "events_id_key", "events_subject", "events_pkey"
_INDEX = re.compile(r"using respond_(\w+) on respond_events")


@attrs.define
class Explainer:
    """A cursor that runs nothing, and notes by which indexes the server would have read the events."""

    cursor: Any = None
    indexes: set[str] = attrs.field(factory=set)

    def execute(self, statement: str, parameters: Any) -> Explainer:
        rows = self.cursor.execute(f"EXPLAIN {statement}", parameters).fetchall()
        self.indexes.update(_INDEX.findall("\n".join(row[0] for row in rows)))
        return self

    def fetchone(self) -> None:
        return None

    def fetchall(self) -> list[Any]:
        return []


def appends(count):
    """Return prepared rows that go on where so many streams stand."""
    streams = [StreamId.of("incident", f"old-{number}") for number in range(count)]
    return [
        prepared([Write(one, [sample(one.name)])], {one: 1}, log="log", tenant="default", dialect=Plain)
        for one in streams
    ]


class Plain:
    """What of a dialect a prepared row asks for."""

    id_value = staticmethod(str)


READS = {
    "append to one": (STREAM, lambda sql, at: sql.append_to_one(at, appends(1)[0], 0, END_OF_TIME)),
    "append to many": (STREAM, lambda sql, at: sql.append_to_many(at, appends(8), 0, END_OF_TIME)),
    "versions": (STREAM, lambda sql, at: sql.versions(at, "default", [StreamId.of("incident", "0")])),
    "read_stream": (STREAM, lambda sql, at: at.execute(sql.sql.read_stream, ("default", "real", "incident-0", 1, 9))),
    "read_streams": (STREAM, lambda sql, at: sql.bodies_of_streams(at, "default", "real", {"incident-0": 0, "x": 1})),
    "known": (ID, lambda sql, at: sql.rows_by_id(at, "default", ids_of(0, 1))),
    "read_subject": (SUBJECT, lambda sql, at: at.execute(sql.sql.read_subject, ("default", "real", "0", 0, 9))),
    "read_all": (POSITION, lambda sql, at: at.execute(sql.sql.read_all, (0, "default", 9))),
}


@pytest.fixture(scope="module")
def used(postgresql_server):
    """Return the indexes that each statement would have used, by its name, while the table grew."""
    explainers = {name: Explainer() for name in READS}
    with fresh_postgresql(postgresql_server) as url, opened(url) as store:
        for size in SIZES:
            with store._connections.reading() as cursor:  # one that writes: others are late to learn that indexes grew
                for name, (_, read) in READS.items():
                    explainers[name].cursor = cursor
                    read(store._dialect, explainers[name])
            store.append(
                *(Write(StreamId.of("incident", f"{size + n}"), [sample(size + n)]) for n in range(SIZES.step))
            )
    return {name: explainer.indexes for name, explainer in explainers.items()}


@pytest.mark.parametrize("name", READS)
def test_statement_keeps_to_its_index(used, name):
    """At every size of the table a statement reads the events by the index that was made for it, and by no other."""
    assert used[name] == {READS[name][0]}
