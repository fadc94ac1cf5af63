"""Notifiers: each key is one notification, however often it comes."""

from __future__ import annotations

import attrs
import pytest

from respond.engine.notifier import TEXT_MAX, CallableNotifier, MemoryNotifier, Notification, Notifier
from respond.errors import InvalidInput

DUE = Notification(key="initial-report 7 1", audience="duty officer", subject="7", text="The initial report is due.")


def tell_until_kept(notifier: Notifier, notification: Notification, crashes: int) -> None:
    """Notify as a caller does that ends *crashes* times before it can keep that it told."""
    for _ in range(crashes + 1):
        notifier.notify(notification)


def test_repeats_are_dropped() -> None:
    """A notification that comes again with its key is received once; another key is another notification."""
    receiver = MemoryNotifier()
    later = attrs.evolve(DUE, key="initial-report 7 2")
    tell_until_kept(receiver, DUE, 2)
    tell_until_kept(receiver, later, 0)
    assert list(receiver.received.values()) == [DUE, later]
    assert receiver.calls == 4


def test_without_keys_repeats_arrive() -> None:
    """The control: a receiver that drops nothing gets as many as there were calls."""
    told: list[Notification] = []
    tell_until_kept(CallableNotifier(told.append), DUE, 2)
    assert told == [DUE] * 3


def test_a_key_means_one_thing() -> None:
    """A key that comes with another content is a defect of its maker, and told as one."""
    receiver = MemoryNotifier()
    receiver.notify(DUE)
    with pytest.raises(InvalidInput, match="initial-report 7 1"):
        receiver.notify(attrs.evolve(DUE, text="The final report is due."))
    assert receiver.received == {DUE.key: DUE}


def test_errors_come_through() -> None:
    """What a function raises is raised: the caller must call again."""

    def broken(_: Notification) -> None:
        raise ConnectionError("no network")

    with pytest.raises(ConnectionError):
        CallableNotifier(broken).notify(DUE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("key", "x" * 256),
        ("audience", ""),
        ("subject", "a\0b"),
        ("text", ""),
        ("text", "x" * (TEXT_MAX + 1)),
    ],
)
def test_bounds(field: str, value: str) -> None:
    """A notification without a key, an audience, a subject or a text is refused, and so is one without end."""
    with pytest.raises(InvalidInput) as refused:
        attrs.evolve(DUE, **{field: value})
    assert refused.value.place == field
