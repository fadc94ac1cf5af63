"""Graphviz: its program `dot` draws what is written in its language."""

from __future__ import annotations

import shutil
import subprocess

from respond.errors import InvalidInput

SECONDS_MAX = 60
"""How long a drawing may take."""


def svg(text: str) -> str:
    """Return the drawing of *text*, in the language of Graphviz, as SVG.

    Raises `InvalidInput` when the program is not installed, or cannot draw it.
    """
    program = shutil.which("dot")
    if program is None:
        raise InvalidInput(
            "the program dot is not here; install Graphviz, or write --format dot and draw it elsewhere",
            place="--format",
        )
    try:
        done = subprocess.run(  # noqa: S603 - the program of that name on the path, and no shell
            [program, "-Tsvg"], input=text.encode(), capture_output=True, check=False, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidInput(f"dot drew for {SECONDS_MAX} s and was stopped", place="--format") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or f"it ended with {done.returncode}"
        raise InvalidInput(f"dot cannot draw it: {said}", place="--format")
    return done.stdout.decode()
