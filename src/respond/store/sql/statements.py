"""The statements that all dialects share, one sentence each."""

from __future__ import annotations

import attrs

NO_LIMIT = 2**62
"""A limit that no log reaches; the databases do not agree on how to write none."""

_COLUMNS = "position, recorded_at, tenant, realm, stream, version, {id}, type, subject, body, leaf"
_READ_STREAM = """
SELECT {columns} FROM {events} WHERE tenant = {_} AND realm = {_} AND stream = {_} AND version > {_}
ORDER BY version LIMIT {_}
"""
_READ_STREAM_BODIES = _READ_STREAM.replace("{columns}", "stream, position, recorded_at, body, leaf")
_READ_SUBJECT = """
SELECT {columns} FROM {events} WHERE tenant = {_} AND realm = {_} AND subject = {_} AND position > {_}
ORDER BY position LIMIT {_}
"""
# CASE keeps the planners from walking an index on tenant and sorting the whole log for each page.
_READ_ALL = """
SELECT {columns} FROM {events} WHERE position > {_} AND CASE WHEN tenant = {_} THEN TRUE ELSE FALSE END
ORDER BY position LIMIT {_}
"""
_READ_REALM = """
SELECT {columns} FROM {events} WHERE position > {_} AND CASE WHEN tenant = {_} AND realm = {_} THEN TRUE ELSE FALSE END
ORDER BY position LIMIT {_}
"""
_READ_BODIES = _READ_ALL.replace("{columns}", "position, recorded_at, body, leaf")
_READ_BODIES_OF_REALM = _READ_REALM.replace("{columns}", "position, recorded_at, body, leaf")
_READ_LOG = "SELECT {columns} FROM {events} WHERE position > {_} ORDER BY position LIMIT {_}"
_READ_HEAD = "SELECT position, recorded_at FROM {head} WHERE id = 1"
_READ_LOG_ID = "SELECT log FROM {log} WHERE id = 1"
_TAKE_HEAD = """
UPDATE {head} SET position = position + {_}, recorded_at = {greatest}(recorded_at, {_})
WHERE id = 1 AND recorded_at <= {_}
"""
_GIVE_BACK = "UPDATE {head} SET position = position - {_} WHERE id = 1"
_INSERT = """
INSERT INTO {events} (position, recorded_at, tenant, realm, stream, version, id, type, subject, body, leaf)
VALUES ({_}, {_}, {_}, {_}, {_}, {_}, {_}, {_}, {_}, {_}, {_})
"""


@attrs.frozen(kw_only=True)
class Statements:
    """The shared statements, in the words of one dialect and with the names of one log."""

    columns: str
    read_stream: str
    read_stream_bodies: str
    read_subject: str
    read_all: str
    read_realm: str
    read_bodies: str
    read_bodies_of_realm: str
    read_log: str
    read_head: str
    read_log_id: str
    take_head: str
    give_back: str
    insert: str


def statements(
    *, events: str, head: str, log: str, mark: str, id_column: str = "id", greatest: str = "greatest"
) -> Statements:
    """Return the statements for tables of these names; *mark* is the driver's sign for a parameter."""
    columns = _COLUMNS.format(id=id_column)
    words = {"columns": columns, "events": events, "head": head, "log": log, "_": mark, "greatest": greatest}
    return Statements(
        columns=columns,
        read_stream=_READ_STREAM.format(**words),
        read_stream_bodies=_READ_STREAM_BODIES.format(**words),
        read_subject=_READ_SUBJECT.format(**words),
        read_all=_READ_ALL.format(**words),
        read_realm=_READ_REALM.format(**words),
        read_bodies=_READ_BODIES.format(**words),
        read_bodies_of_realm=_READ_BODIES_OF_REALM.format(**words),
        read_log=_READ_LOG.format(**words),
        read_head=_READ_HEAD.format(**words),
        read_log_id=_READ_LOG_ID.format(**words),
        take_head=_TAKE_HEAD.format(**words),
        give_back=_GIVE_BACK.format(**words),
        insert=_INSERT.format(**words),
    )
