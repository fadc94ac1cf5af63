"""Whether this is `make test-long`: the same tests, with many more lives and seeds."""

from __future__ import annotations

import os

LONG_VARIABLE = "RESPOND_LONG"
LONG = os.environ.get(LONG_VARIABLE) == "1"
