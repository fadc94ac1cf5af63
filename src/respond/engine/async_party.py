"""The handle of one affected party for asyncio: its commands and its answers, to be awaited."""

from __future__ import annotations

from respond.engine.async_handle import AsyncBegun
from respond.engine.party import PartyHandle
from respond.store.bridge import awaited


class AsyncPartyHandle(AsyncBegun[PartyHandle]):
    """Every method of a `PartyHandle`, as a coroutine."""

    execute = awaited(PartyHandle.execute)
    contact_party = awaited(PartyHandle.contact_party)
    listen = awaited(PartyHandle.listen)
    apologise = awaited(PartyHandle.apologise)
    offer_compensation = awaited(PartyHandle.offer_compensation)
    approve_compensation = awaited(PartyHandle.approve_compensation)
    accept_compensation = awaited(PartyHandle.accept_compensation)
    reject_compensation = awaited(PartyHandle.reject_compensation)
    pay_compensation = awaited(PartyHandle.pay_compensation)
    settle_case = awaited(PartyHandle.settle_case)
    visit = awaited(PartyHandle.visit)
    close_case = awaited(PartyHandle.close_case)
    reopen_case = awaited(PartyHandle.reopen_case)
    approve = awaited(PartyHandle.approve)
    incident = awaited(PartyHandle.incident)
    explain = awaited(PartyHandle.explain)
    state = awaited(PartyHandle.state)
    events = awaited(PartyHandle.events)
