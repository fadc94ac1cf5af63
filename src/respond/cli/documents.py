"""Answers as JSON: one document on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from respond.projections.document import document


def write_document(answer: Mapping[str, Any]) -> None:
    """Write *answer* to standard output as one line of JSON, in ASCII where that cannot take all of Unicode."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}
    text = json.dumps(document(answer), ensure_ascii=not unicode, allow_nan=False)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")  # a lone surrogate as JSON writes it
    sys.stdout.flush()
