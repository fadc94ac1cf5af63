"""Sentences: what the events about resources say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from respond.domain.money import Money
from respond.projections.phrases import followed_by
from respond.workflow.incident.drawn import ExpenseRecorded
from respond.workflow.incident.resources import RequestWithdrawn, ResourceMoved, ResourceRequested
from respond.workflow.pool import events as e

_CHANGES = {"committed": "came from", "used": "put to use of", "returned": "back to", "consumed": "used up of"}


def _at_cost(cost: Money | None) -> str:
    return f" at a cost of {cost}" if cost else ""


def _moved(data: ResourceMoved) -> str:
    return f"{data.quantity} {_CHANGES[data.change]} {data.pool}{_at_cost(data.cost)}"


def _opened(data: e.PoolOpened) -> str:
    unit = f" {data.unit}" if data.unit else ""
    return f"Pool of {data.resource} opened with {data.quantity}{unit}"


SENTENCES: Mapping[type, Callable[[Any], str]] = {
    ResourceRequested: lambda data: f"{data.quantity} of {data.resource} asked for: {data.purpose}",
    RequestWithdrawn: lambda data: f"{data.quantity} of {data.resource} no longer asked for: {data.reason}",
    ResourceMoved: _moved,
    ExpenseRecorded: lambda data: f"{data.amount} spent: {data.purpose}",
    e.PoolOpened: _opened,
    e.StockAdded: lambda data: f"{data.quantity} added: {data.reason}",
    e.StockWrittenOff: lambda data: f"{data.quantity} written off: {data.reason}",
    e.StockCommitted: lambda data: f"{data.quantity} committed to {data.incident}",
    e.StockUsed: lambda data: followed_by(f"{data.quantity} put to use by {data.incident}", data.note),
    e.StockReturned: lambda data: f"{data.quantity} returned by {data.incident}, {data.condition}",
    e.StockConsumed: lambda data: f"{data.quantity} used up by {data.incident}{_at_cost(data.cost)}",
    e.PoolInspected: lambda data: followed_by(f"Inspected: {data.condition}", data.note),
    e.AgreementRenewed: lambda data: f"Agreement renewed until {data.until}",
    e.PoolClosed: lambda data: f"Pool closed: {data.reason}",
}
