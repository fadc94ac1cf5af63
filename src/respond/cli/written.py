"""Values that people write on the command line: money, fields, files, JSON."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from respond.domain.canonical import rich
from respond.domain.money import Money
from respond.errors import InvalidInput
from respond.workflow.incident.events import Attachment

_CHUNK = 1024 * 1024
_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")


def money_if_told(text: str | None, place: str) -> Money | None:
    """Return the money that *text* means, None for None; raises `InvalidInput`."""
    return None if text is None else money(text, place)


def money(text: str, place: str) -> Money:
    """Return the money that `12.50 CNY` means; raises `InvalidInput`."""
    amount, _, currency = text.partition(" ")
    try:
        return Money(Decimal(amount), currency)
    except (InvalidInput, InvalidOperation) as error:
        raise InvalidInput(f"{text!r} is not money; write 12.50 CNY", place=place, value=text) from error


def number(text: str, place: str) -> int | Decimal:
    """Return the number that `12` or `0.5` means, exact to the last digit; raises `InvalidInput`."""
    try:
        return int(text) if _WHOLE.fullmatch(text) else Decimal(text)
    except InvalidOperation as error:
        raise InvalidInput(f"{text!r} is not a number; write 12 or 0.5", place=place, value=text) from error


def json_object(text: str, place: str) -> dict[str, Any]:
    """Return the JSON object in *text*, numbers with a point as Decimals; raises `InvalidInput`."""
    value = json_value(text, place)
    if not isinstance(value, dict):
        raise InvalidInput(f'{text!r} is not a JSON object; write {{"field": "value"}}', place=place, value=text)
    return value


def json_value(text: str, place: str) -> Any:
    """Return the JSON value in *text*, numbers with a point as Decimals; raises `InvalidInput`."""

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{text[:200]!r} is not JSON: {error}", place=place, value=text) from error


def fields(texts: Iterable[str], place: str) -> dict[str, Any]:
    """Return what `name=text` and `name:=json` say; raises `InvalidInput`."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        typed = name.endswith(":")
        name = name.removesuffix(":")
        if not (equals and name):
            raise InvalidInput(f"{text!r} is not a field; write name=text or name:=JSON", place=place, value=text)
        if name in found:
            raise InvalidInput(f"{name!r} is given twice", place=place, value=text)
        found[name] = rich(json_value(value, f"{place} {name}")) if typed else value
    return found


def attachment(path: Path, place: str) -> Attachment:
    """Return the file at *path* as an attachment, with its digest and where it lies; raises `InvalidInput`."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}", place=place, value=str(path)) from error
    return Attachment(
        name=path.name,
        media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        size=size,
        sha256=digest.hexdigest(),
        uri=path.resolve().as_uri(),
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
