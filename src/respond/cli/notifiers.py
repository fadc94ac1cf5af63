"""Notifiers of the command line: a command that is run for each notification, or a line."""

from __future__ import annotations

import json
import shlex
import subprocess

import attrs

from respond.engine.notifier import Notification, Notifier
from respond.errors import InvalidInput, TargetUnavailable

STANDARD_OUTPUT = "stdout"
PATIENCE_SECONDS = 60.0
"""How long a command may take."""


def notifier_for(place: str) -> Notifier:
    """Return the notifier that *place* names: `stdout`, or a command; raises `InvalidInput`."""
    if place == STANDARD_OUTPUT:
        return LineNotifier()
    try:
        words = shlex.split(place)
    except ValueError as error:
        raise InvalidInput(f"{place!r} is no command: {error}", place="--notify", value=place) from error
    if not words:
        raise InvalidInput("is empty; name a command, or stdout", place="--notify", value=place)
    return CommandNotifier(tuple(words))


class LineNotifier:
    """Writes one notification a line, as JSON; whoever reads has it at once."""

    def notify(self, notification: Notification) -> None:
        """Write it."""
        print(_text(notification), flush=True)


@attrs.frozen
class CommandNotifier:
    """Runs a command, without a shell, with the notification as JSON on its standard input."""

    words: tuple[str, ...]

    def notify(self, notification: Notification) -> None:
        """Run it; raises `TargetUnavailable` when it fails, or takes too long."""
        try:
            done = subprocess.run(  # noqa: S603 - the command of the one who runs this
                self.words,
                input=_text(notification).encode(),
                stdout=subprocess.DEVNULL,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TargetUnavailable(f"{self.words[0]} took longer than {PATIENCE_SECONDS:g} s") from error
        except OSError as error:
            raise TargetUnavailable(f"{self.words[0]} cannot be run: {error.strerror}") from error
        if done.returncode != 0:
            raise TargetUnavailable(f"{self.words[0]} ended with {done.returncode}")


def _text(notification: Notification) -> str:
    return json.dumps(attrs.asdict(notification))
