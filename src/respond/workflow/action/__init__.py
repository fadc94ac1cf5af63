"""The action item: what a review asks someone to do, from the asking to the proof that it was done."""

from respond.workflow.action.lifecycle import ACTION, ACTION_CATEGORY

__all__ = ["ACTION", "ACTION_CATEGORY"]
