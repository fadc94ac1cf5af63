"""Importing and using the engine leaves the process as it was."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROBE = """
import asyncio, decimal, json, locale, logging, os, random, signal, sys, threading, warnings
import multiprocessing

def seen():
    manager = logging.Logger.manager.loggerDict
    return {
        "root": [logging.root.level, len(logging.root.handlers)],
        "handlers": sorted(
            name for name, logger in manager.items()
            if any(type(handler) is not logging.NullHandler for handler in getattr(logger, "handlers", ()))
        ),
        "own loggers": sorted(
            name for name, logger in manager.items()
            if name.partition(".")[0] == "respond" and (getattr(logger, "level", 0) or getattr(logger, "disabled", 0))
        ),
        "disabled": logging.root.manager.disable,
        "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "hooks": [id(sys.excepthook), id(threading.excepthook), id(sys.displayhook), id(warnings.showwarning)],
        "policy": id(asyncio.get_event_loop_policy()),
        # transitions shows its own deprecations when it is imported; that filter concerns nothing else.
        "filters": [str(one) for one in warnings.filters if "transitions version" not in str(one)],
        "decimal": str(decimal.getcontext()),
        "locale": locale.setlocale(locale.LC_ALL),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "recursion": sys.getrecursionlimit(),
        "random": hash(random.getstate()),
        "start method": multiprocessing.get_start_method(allow_none=True),
        "threads": threading.active_count(),
    }

before = seen()
STATEMENT
after = seen()
print(json.dumps([name for name in before if before[name] != after[name]]))
"""

USE = """
from respond import Engine
engine = Engine.open("sqlite://")
incident = engine.report(category="other", title="Smoke", actor="wang.li")
incident.assess(injured=0, actor="chen.yu")
incident.timeline(), incident.explain("resolve"), engine.incidents(), engine.statistics(), engine.replay()
engine.close()
"""


def changed_by(statement):
    """Return what *statement* changed in a fresh interpreter, and all that it wrote."""
    program = PROBE.replace("STATEMENT", statement)
    done = subprocess.run([sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    "statement",
    ["import respond", "import respond.engine.engine", "import respond.store.sql", USE],
    ids=["import", "engine", "store", "use"],
)
def test_nothing_is_logged_and_no_global_state_is_touched(statement):
    """Importing respond, and using it, writes nothing, logs nothing, and leaves the process as it was."""
    assert changed_by(statement) == ([], "")


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("logging.basicConfig()", ["root"]),
        ("logging.getLogger('respond.store').setLevel('ERROR')", ["own loggers"]),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", ["signals"]),
        ("warnings.simplefilter('ignore')", ["filters"]),
        ("random.seed(1)", ["random"]),
        ("os.environ['X_RESPOND'] = '1'", ["environment"]),
    ],
)
def test_what_is_touched_is_seen(statement, changed):
    """The control: a change of the process is found."""
    assert changed_by(statement)[0] == changed


def test_what_is_logged_is_seen():
    """The control: a warning that nobody asked for reaches standard error."""
    assert "beware" in changed_by("logging.getLogger('respond').warning('beware')")[1]
