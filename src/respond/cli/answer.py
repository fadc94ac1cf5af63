"""What a command answers: a document for programs, a page for people, and an exit status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from respond.cli.page import Page
from respond.cli.statuses import DONE


@attrs.frozen(kw_only=True)
class Answer:
    """One answer in both forms."""

    document: Mapping[str, Any]
    show: Callable[[Page], None]
    status: int = DONE
