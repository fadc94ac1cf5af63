"""What conditions ask of extension fields: a value of the field's kind, and one of its choices."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from respond.errors import InvalidPlan
from respond.plan.conditions import Condition
from respond.plan.contents import contents
from respond.plan.extension import ExtensionField
from respond.plan.shown import shown

_KINDS: dict[str, type] = {"text": str, "integer": int, "decimal": Decimal, "yes_no": bool}


def refuse_misfits(plan: Any, fields: Iterable[ExtensionField]) -> None:
    """Raise `InvalidPlan` for the first condition of *plan* that no value of one of *fields* can meet."""
    declared = {field.id: field for field in fields}
    for place, part in contents(plan) if declared else ():
        for name, value in part.fields.items() if isinstance(part, Condition) else ():
            field = declared.get(name)
            message = None if field is None else _misfit(field, value)
            if message is not None:
                raise InvalidPlan(message, place=f"{place}.fields.{name}", value=value, flaw="field-type")


def _misfit(field: ExtensionField, value: object) -> str | None:
    if value in field.choices:
        return None
    if type(value) is not _KINDS.get(field.kind):
        return f"{field.id!r} is of the kind {field.kind}; write another value than {shown(value)}"
    if field.choices:
        return f"{shown(value)} is not one of its choices; write {' or '.join(field.choices[:20])}"
    return None
