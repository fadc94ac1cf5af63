"""Profiles of Hypothesis for tests of workflows: `dev` looks for new examples, `ci` reports fast and repeatably.

from respond.testing.settings import load
load()                                  # in conftest.py: `ci` where the variable CI is set, else `dev`
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

DEV = settings(deadline=None)
"""No deadline: a life that takes long is no failure."""
CI = settings(
    DEV,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
"""As `dev`; prints how a failure is reproduced, spends no time on explaining it, and forgives a busy machine."""
PROFILES = {"dev": DEV, "ci": CI}
VARIABLE = "HYPOTHESIS_PROFILE"
"""Names the profile where nobody else does."""


def load(name: str | None = None) -> str:
    """Register the profiles, load the one called *name*, and return its name.

    Without a name it is what the variable `HYPOTHESIS_PROFILE` says, else `ci` where the variable `CI` is set, else
    `dev`.  Raises `KeyError` for any other name.
    """
    chosen = name or os.environ.get(VARIABLE) or ("ci" if os.environ.get("CI") else "dev")
    if chosen not in PROFILES:
        raise KeyError(f"{chosen!r} is no profile; there are {', '.join(PROFILES)}")
    for known, profile in PROFILES.items():
        settings.register_profile(known, profile)
    settings.load_profile(chosen)
    return chosen
