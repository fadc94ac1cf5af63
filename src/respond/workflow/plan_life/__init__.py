"""The life of a plan: one stream from the first draft to its retirement."""

from respond.workflow.plan_life.lifecycle import PLAN_CATEGORY, PLAN_LIFE

__all__ = ["PLAN_CATEGORY", "PLAN_LIFE"]
