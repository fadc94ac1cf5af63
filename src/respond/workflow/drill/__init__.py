"""The drill: one stream from its planning to its findings.  Like all that it plays it lies in the realm of drills."""

from respond.workflow.drill.lifecycle import DRILL, DRILL_CATEGORY

__all__ = ["DRILL", "DRILL_CATEGORY"]
