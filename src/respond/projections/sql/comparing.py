"""Comparing: what the tables hold against what a fold says they must."""

from __future__ import annotations

from collections.abc import Iterator

from respond.projections.sql.projection import Content

DIFFERENCES_MAX = 10
"""How many keys are named that differ."""


def differences(kept: Iterator[Content], folded: Iterator[Content]) -> list[str]:
    """Return the first keys that only one of the two has, or whose values differ; both come by key."""
    found: list[str] = []
    one, other = next(kept, None), next(folded, None)
    while (one is not None or other is not None) and len(found) < DIFFERENCES_MAX:
        if other is None or (one is not None and one[0] < other[0]):
            found.append(f"{one[0]!r} should not be there" if one is not None else "")
            one = next(kept, None)
        elif one is None or other[0] < one[0]:
            found.append(f"{other[0]!r} is missing")
            other = next(folded, None)
        else:
            if one[1] != other[1]:
                found.append(f"{one[0]!r} holds {one[1]}, the fold says {other[1]}")
            one, other = next(kept, None), next(folded, None)
    return found
