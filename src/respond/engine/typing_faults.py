"""What callers get wrong that a type checker would have told them: found before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from respond.domain.payloads import as_told, from_input


@contextmanager
def names_wrong_field(command: object) -> Iterator[None]:
    """Turn a failure over a *command* whose fields have wrong types into the `InvalidInput` that names them."""
    try:
        yield
    except (AttributeError, TypeError):
        from_input(type(command), as_told(command))
        raise


def refuse_unreadable(payload: object, data: dict[str, Any]) -> None:
    """Raise `InvalidInput` when *data*, the stored form of *payload*, would not be read back as its class says."""
    from_input(type(payload), data)
