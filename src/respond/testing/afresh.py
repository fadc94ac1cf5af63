"""Lives afresh: Hypothesis draws each life for itself, instead of changing the last one a little, five times in a row.

Its own way suits values.  A life that was changed in a step that no longer matters is the same life again.
"""

from __future__ import annotations

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

AFRESH = "respond-afresh"
"""The name of the backend, as settings of Hypothesis take it."""


class Afresh(HypothesisProvider):
    """Draws as Hypothesis does; under any name but its own, Hypothesis makes no copies."""


AVAILABLE_PROVIDERS[AFRESH] = f"{__name__}.{Afresh.__name__}"
