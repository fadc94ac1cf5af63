"""The warning: one stream from the first signal until it is lifted, or an incident came of it."""

from respond.workflow.warning.lifecycle import WARNING, WARNING_CATEGORY

__all__ = ["WARNING", "WARNING_CATEGORY"]
