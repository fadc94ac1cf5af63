"""The affected party: the case of one customer, or of a number of them, from the registration to the last visit."""

from respond.workflow.party.lifecycle import PARTY, PARTY_CATEGORY

__all__ = ["PARTY", "PARTY_CATEGORY"]
