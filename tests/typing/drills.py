"""What a type checker must refuse: a drill where reality is meant.  An ignore that is not needed is an error."""

from __future__ import annotations

from respond.engine.desk import Desk
from respond.engine.drill import DrillEngine
from respond.engine.drill_view import DrillView
from respond.engine.engine import Engine
from respond.engine.notifier import Notifier
from respond.engine.watch import Watch
from respond.integrations.publisher import Publisher
from respond.integrations.reminders import NotifierTarget
from respond.store.protocol import EventStore
from respond.store.subscription import Subscription


def real(engine: Engine) -> Desk:
    """Take an engine: whoever watches, lists, counts or tells the world does."""
    Watch(engine)
    engine.statistics()
    engine.incidents()
    return engine


def played(drill: DrillEngine, notifier: Notifier) -> Desk:
    """Try the same with a drill, with its handles, and with what they rest on."""
    real(drill)  # type: ignore[arg-type]
    Watch(drill)  # type: ignore[arg-type]
    Watch(drill.played().engine)  # type: ignore[arg-type]
    NotifierTarget(drill, notifier)  # type: ignore[arg-type]
    Publisher(drill, print, clock=drill.clock, name="world")  # type: ignore[arg-type]
    Subscription(drill)  # type: ignore[arg-type]
    drill.store  # type: ignore[attr-defined]  # noqa: B018
    drill.reader  # type: ignore[attr-defined]  # noqa: B018
    drill.statistics()  # type: ignore[attr-defined]
    drill.incidents()  # type: ignore[attr-defined]
    drill.watch()  # type: ignore[attr-defined]
    drill.projections  # type: ignore[attr-defined]  # noqa: B018
    drill.log()  # type: ignore[attr-defined]
    return drill


def opened(store: EventStore) -> Engine:
    """Try to open an engine on what a drill sees of a log, or to follow it as if it were one."""
    Engine(store)
    Subscription(DrillView(store, "spring"))  # type: ignore[arg-type]
    return Engine(DrillView(store, "spring"))  # type: ignore[arg-type]
