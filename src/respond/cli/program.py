"""The program: every command under one name, and what an error looks like."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from respond.cli import (
    accountability,
    actions,
    aggregates,
    amendments,
    archiving,
    audits,
    course,
    database,
    deadlines,
    demo,
    drills,
    explanations,
    figures,
    findings,
    imports,
    lessons,
    links,
    listings,
    measures,
    owed,
    parties,
    performance,
    plans,
    pools,
    projections,
    publishing,
    questions,
    readers,
    reviews,
    roles,
    signals,
    situation,
    standings,
    statuses,
    triage,
    whatif,
    words,
    work,
    workflows,
)
from respond.cli.answer import Answer
from respond.cli.documents import write_document
from respond.domain.escaping import escaped
from respond.errors import RespondError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="respond-engine", prog_name="respond")
def respond() -> None:
    """Work incidents by hand, and ask the log: every step is an event, and all answers are folded from events."""


_FAMILIES = (
    demo,
    database,
    signals,
    work,
    triage,
    roles,
    measures,
    situation,
    course,
    words,
    parties,
    owed,
    pools,
    links,
    amendments,
    reviews,
    actions,
    accountability,
    findings,
    lessons,
    aggregates,
    explanations,
    questions,
    listings,
    deadlines,
    figures,
    performance,
    imports,
    archiving,
    audits,
    standings,
    projections,
    publishing,
    readers,
    plans,
    whatif,
    drills,
    workflows,
)
for _family in _FAMILIES:
    for _command in _family.COMMANDS:
        respond.add_command(_command)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command and return the exit status; every foreseen error becomes a message."""
    as_json = "--json" in arguments
    try:
        answer = respond.main(list(arguments), prog_name="respond", standalone_mode=False)
        return answer.write() if isinstance(answer, Answer) else statuses.DONE
    except click.ClickException as error:
        _complain(error)
        return _told(as_json, {"code": "usage", "message": error.format_message()}, statuses.WRONG_USAGE)
    except click.Abort:
        print("interrupted", file=sys.stderr)
        return statuses.INTERRUPTED
    except RespondError as error:
        notes = getattr(error, "__notes__", [])
        for text in (str(error), *notes):
            print(f"respond: {escaped(text)}", file=sys.stderr)
        told = {**error.as_dict(), "notes": notes} if notes else error.as_dict()
        return _told(as_json, told, statuses.status_of(error))
    except BrokenPipeError:
        _forget_output()
        return statuses.UNREAD
    except Exception:  # noqa: BLE001 - a defect must not look like bad news
        traceback.print_exc()
        return _told(as_json, {"code": "defect", "message": "respond itself failed"}, statuses.DEFECT)


def _complain(error: click.ClickException) -> None:
    """Say what was wrong with the command as it was typed."""
    said = io.StringIO()
    error.show(said)
    for line in said.getvalue().splitlines():
        print(escaped(line), file=sys.stderr)


def _told(as_json: bool, error: dict[str, Any], status: int) -> int:
    if as_json:
        try:
            write_document({"error": error})
        except BrokenPipeError:
            _forget_output()
    return status


def _forget_output() -> None:
    """Let what is left in the buffer of standard output go nowhere, so that the interpreter ends without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
