"""Check a log from its first row to its last.

Read-only; goes on after a finding; holds a page of rows, a state for each stream, and the ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from respond.audit.archives import Archives
from respond.audit.finding import CheckReport, Findings
from respond.audit.order import Order
from respond.audit.projected import Tables
from respond.audit.rows import row_findings
from respond.audit.streams import Streams
from respond.engine.definitions import Plans, Workflows
from respond.errors import StoreError, StoreUnavailable
from respond.plan.plan import Plan
from respond.store.protocol import LogReader
from respond.store.records import Head
from respond.workflow.workflow import Workflow

_BEFORE_ALL = -(2**63)
"""No position is smaller: rows that someone put before the first are read too."""


def check(
    store: LogReader,
    *,
    workflows: Iterable[Workflow] = (),
    plans: Iterable[Plan] = (),
    progress: Callable[[int], None] | None = None,
    tables: Tables | None = None,
) -> CheckReport:
    """Return all that is wrong with the log in *store*, of all tenants and realms.

    Writers may go on meanwhile.  Archived bodies are read where the store was opened with `archives`.  The incident's
    workflow is always among *workflows*, and steps are judged by the plans that they pin, the example when no *plans*
    are given; *progress* is called with the number of rows so far; *tables* are compared with the fold where they are
    up to date with it.  Raises `StoreUnavailable` when the database cannot be read.
    """
    findings = Findings()
    order, streams = Order(findings), Streams(Workflows(workflows), Plans.of(plans), findings, tables)
    archives = Archives(store, findings)
    after, events = _BEFORE_ALL, 0
    while True:
        head = _head(store)  # before the page: rows and the head that counts them are committed together
        page = store.read_log(after=after)
        if not page:
            break
        for row in page:
            order.follow(row)
            record, unread = archives.follow(row)
            sound = True
            for finding in row_findings(record, store.log, archived=unread):
                findings.add(finding.code, finding.position, finding.text)
                sound = False
            streams.follow(record, sound=sound)
        after, events = page[-1].position, events + len(page)
        if progress is not None:
            progress(events)
    order.end(head)
    archives.end(order.position)
    streams.end(order.position)
    return CheckReport(
        events=events,
        streams=len(streams),
        head=head,
        findings=tuple(findings.kept),
        counts=dict(findings.counts),
        archived=archives.events,
        unread=archives.unread,
        deviations=streams.deviations,
        plans_missing=streams.plans_missing,
    )


def _head(store: LogReader) -> Head | None:
    try:
        return store.head()
    except StoreUnavailable:
        raise
    except StoreError:
        return None
