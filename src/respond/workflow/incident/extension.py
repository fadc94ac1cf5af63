"""Extension fields: an assessment or a note fills the fields that its plan declares, as it declares them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from respond.plan.extension import ExtensionField
from respond.plan.plan import Plan
from respond.workflow.definition import Situation, guard
from respond.workflow.incident.events import FieldValue
from respond.workflow.incident.ledger import IMPACT_START

_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "text"),
    "integer": ((int,), "a whole number"),
    "decimal": ((Decimal, int), "a decimal number"),
    "yes_no": ((bool,), "true or false"),
}


@guard("field-unknown")
def fields_known(situation: Situation) -> str | None:
    """Require fields that the plan declares, when it declares any."""
    declared = _declared(situation.plan)
    unknown = sorted(set(situation.command.fields) - {IMPACT_START, *declared})
    if not declared or not unknown:
        return None
    return f"{', '.join(unknown)} cannot be filled; the plan {situation.plan.reference} has {', '.join(declared)}"


@guard("field-invalid")
def fields_valid(situation: Situation) -> str | None:
    """Require fields of the kind, and with one of the choices, that the plan declares."""
    declared = _declared(situation.plan)
    told = {name: value for name, value in situation.command.fields.items() if name in declared}
    reasons = [reason for name, value in told.items() if (reason := _wrong(declared[name], value))]
    return "; ".join(reasons) or None


@guard("field-required")
def fields_complete(situation: Situation) -> str | None:
    """Require each field that the plan wants filled."""
    missing = [one.id for one in situation.plan.extension_fields if one.required]
    missing = [name for name in missing if situation.command.fields.get(name) in (None, "")]
    return f"an assessment must fill {', '.join(missing)}" if missing else None


FILLED = ("field-unknown", "field-invalid")
"""What every command with fields asks."""
GUARDS = (fields_known, fields_valid, fields_complete)


def _declared(plan: Plan) -> Mapping[str, ExtensionField]:
    return {one.id: one for one in plan.extension_fields}


def _wrong(declared: ExtensionField, value: FieldValue) -> str | None:
    types, words = _KINDS[declared.kind]
    if type(value) not in types:
        return f"{declared.id} is {value!r}; it must be {words}"
    if declared.choices and value not in declared.choices:
        return f"{declared.id} is {value!r}; it must be one of {', '.join(declared.choices)}"
    return None
