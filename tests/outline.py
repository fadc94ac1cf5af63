"""The outline of a plan: categories, levels and roles, and nothing that is owed, barred or denied."""

from __future__ import annotations

from pathlib import Path

from respond.plan.plan import Plan

OUTLINE = Plan.load(Path(__file__).with_name("outline.toml"))
