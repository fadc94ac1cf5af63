"""The command line: it parses what people type and shows what the layers below answer, nothing more."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from respond.engine.bulk import rare_collections

_MISSING = "the command line needs the extra 'cli': run pip install 'respond-engine[cli]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default the one that was typed, and return its exit status.

    0: done.  1: the answer is bad news.  2: wrong usage or bad input.  3: the store could not be reached or written.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        import click  # noqa: F401, PLC0415 - an extra, asked for by name so that nothing else is taken for it
        import rich  # noqa: F401, PLC0415
    except ImportError:
        print(_MISSING, file=sys.stderr)
        if "--json" in given:
            print(json.dumps({"error": {"code": "extra-missing", "message": _MISSING}}))
        return 2
    with rare_collections():  # of what is loaded nothing goes: looking for it took a sixth of the time
        from respond.cli.program import run  # noqa: PLC0415

    return run(given)
