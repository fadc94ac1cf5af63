"""What users import in their own tests; needs the extra `testing`.

Each name is loaded from its home when it is first used, so that one who needs a clock loads no test tool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from respond.public import public_names

if TYPE_CHECKING:
    from respond.testing.clocks import ManualClock, SequentialIds
    from respond.testing.determinism import assert_deterministic
    from respond.testing.exhaustion import InvariantBroken, exhaust
    from respond.testing.incident_space import incident_lifecycle, incident_samples
    from respond.testing.lives import WorkflowMachine
    from respond.testing.log_replay import replay_log
    from respond.testing.machine import workflow_machine
    from respond.testing.path import paths
    from respond.testing.payloads import commands_of
    from respond.testing.scenario import given, like
    from respond.testing.store_conformance import AsyncStoreConformance, StoreConformance
    from respond.testing.strategies import commands, events, histories, logs, plans
    from respond.testing.trial import Trial

__all__ = [
    "AsyncStoreConformance",
    "InvariantBroken",
    "ManualClock",
    "SequentialIds",
    "StoreConformance",
    "Trial",
    "WorkflowMachine",
    "assert_deterministic",
    "commands",
    "commands_of",
    "events",
    "exhaust",
    "given",
    "histories",
    "incident_lifecycle",
    "incident_samples",
    "like",
    "logs",
    "paths",
    "plans",
    "replay_log",
    "workflow_machine",
]

_HOMES = {
    "AsyncStoreConformance": "respond.testing.store_conformance",
    "InvariantBroken": "respond.testing.exhaustion",
    "ManualClock": "respond.testing.clocks",
    "SequentialIds": "respond.testing.clocks",
    "StoreConformance": "respond.testing.store_conformance",
    "Trial": "respond.testing.trial",
    "WorkflowMachine": "respond.testing.lives",
    "assert_deterministic": "respond.testing.determinism",
    "commands": "respond.testing.strategies",
    "commands_of": "respond.testing.payloads",
    "events": "respond.testing.strategies",
    "exhaust": "respond.testing.exhaustion",
    "given": "respond.testing.scenario",
    "histories": "respond.testing.strategies",
    "incident_lifecycle": "respond.testing.incident_space",
    "incident_samples": "respond.testing.incident_space",
    "like": "respond.testing.scenario",
    "logs": "respond.testing.strategies",
    "paths": "respond.testing.path",
    "plans": "respond.testing.strategies",
    "replay_log": "respond.testing.log_replay",
    "workflow_machine": "respond.testing.machine",
}

__getattr__, __dir__ = public_names(globals(), _HOMES)
