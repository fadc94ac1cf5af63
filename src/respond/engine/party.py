"""The handle of one affected party: the commands of its case, and its answers, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from respond.domain.money import Money
from respond.engine.belonging import Belonging
from respond.engine.handler import Outcome
from respond.errors import NotFound
from respond.workflow.party import PARTY_CATEGORY
from respond.workflow.party import commands as c
from respond.workflow.party.events import Form, Impression
from respond.workflow.party.events import Outcome as ContactOutcome
from respond.workflow.party.state import Party

if TYPE_CHECKING:
    from respond.engine.desk import Desk


class PartyHandle(Belonging):
    """One affected party of an engine."""

    category = PARTY_CATEGORY

    def contact_party(
        self, /, channel: str, outcome: ContactOutcome = "reached", *, text: str = "", **circumstances: Any
    ) -> Outcome:
        """Tell that somebody turned to the party, and whether they reached it."""
        command = c.ContactParty(incident=self.incident(), channel=channel, outcome=outcome, text=text)
        return self.execute(command, **circumstances)

    def listen(self, /, *, need: str = "", complaint: str = "", remedy: str = "", **circumstances: Any) -> Outcome:
        """Tell what the party needs, complains of, and asks for."""
        command = c.Listen(incident=self.incident(), need=need, complaint=complaint, remedy=remedy)
        return self.execute(command, **circumstances)

    def apologise(self, /, by: str, form: str, *, text: str = "", **circumstances: Any) -> Outcome:
        """Tell who apologised, and in which form."""
        command = c.Apologise(incident=self.incident(), by=by, form=form, text=text)
        return self.execute(command, **circumstances)

    def offer_compensation(
        self, /, form: Form, amount: Money | None = None, *, text: str = "", **circumstances: Any
    ) -> Outcome:
        """Offer money, a waiver of fees or an extra service; above the actor's own limit it waits for an approval."""
        command = c.OfferCompensation(incident=self.incident(), form=form, amount=amount, text=text)
        return self.execute(command, **circumstances)

    def approve_compensation(self, /, offer: int, *, note: str = "", **circumstances: Any) -> Outcome:
        """Approve the offer with this number, which somebody with a lower limit made."""
        command = c.ApproveCompensation(incident=self.incident(), offer=offer, note=note)
        return self.execute(command, **circumstances)

    def accept_compensation(self, /, offer: int, **circumstances: Any) -> Outcome:
        """Tell that the party accepts the offer with this number."""
        return self.execute(c.AcceptCompensation(incident=self.incident(), offer=offer), **circumstances)

    def reject_compensation(self, /, offer: int, *, reason: str, **circumstances: Any) -> Outcome:
        """Tell that the party rejects the offer with this number."""
        command = c.RejectCompensation(incident=self.incident(), offer=offer, reason=reason)
        return self.execute(command, **circumstances)

    def pay_compensation(self, /, offer: int, *, reference: str, **circumstances: Any) -> Outcome:
        """Tell that what was accepted was paid, waived or rendered, and what the books call that."""
        command = c.PayCompensation(incident=self.incident(), offer=offer, reference=reference)
        return self.execute(command, **circumstances)

    def settle_case(self, /, solution: str, **circumstances: Any) -> Outcome:
        """Tell that the party confirms that its case is solved, and how."""
        return self.execute(c.SettleCase(incident=self.incident(), solution=solution), **circumstances)

    def visit(self, /, outcome: Impression, *, text: str = "", **circumstances: Any) -> Outcome:
        """Tell how a visit found the party: satisfied, dissatisfied, or not at all."""
        return self.execute(c.Visit(incident=self.incident(), outcome=outcome, text=text), **circumstances)

    def close_case(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Say that nobody works on the case any more."""
        return self.execute(c.CloseCase(incident=self.incident(), reason=reason), **circumstances)

    def reopen_case(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Say that the case is not over."""
        return self.execute(c.ReopenCase(incident=self.incident(), reason=reason), **circumstances)

    def state(self, /, **when: Any) -> Party:
        """Return where its case stands, or stood; *when* as for `Engine.state`.  Raises `NotFound`."""
        state: Party = self.engine.state(PARTY_CATEGORY, self.key, **when)
        return state


class Parties:
    """Finds affected parties."""

    def party(self, key: str) -> PartyHandle:
        """Return the handle of the affected party with this key; raises `NotFound` when nobody registered it."""
        engine = cast("Desk", self)
        if key not in engine.states(PARTY_CATEGORY, [key]):
            raise NotFound(f"there is no party {key!r}; register it at its incident first")
        return PartyHandle(engine, key)
