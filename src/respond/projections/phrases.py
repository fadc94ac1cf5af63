"""Phrases: what sentences about events have in common."""

from __future__ import annotations


def followed_by(head: str, *texts: str | None) -> str:
    """Return *head*, and what is told besides, if anything is."""
    told = "; ".join(text for text in texts if text)
    return f"{head}: {told}" if told else head
