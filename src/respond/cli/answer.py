"""What a command answers: a document for programs, a page for people, and an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from respond.cli.documents import write_document
from respond.cli.page import Page
from respond.cli.statuses import DONE


@attrs.frozen(kw_only=True)
class Answer:
    """One answer in both forms."""

    document: Mapping[str, Any]
    show: Callable[[Page], None]
    status: int = DONE
    as_json: bool = False
    """Whether a program asked."""

    def write(self) -> int:
        """Write the answer to standard output and return the exit status."""
        if self.as_json:
            write_document(self.document)
        else:
            self.show(Page())
            sys.stdout.flush()
        return self.status
