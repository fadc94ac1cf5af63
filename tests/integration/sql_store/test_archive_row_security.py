"""Archiving and copying where PostgreSQL shows each account the rows of one tenant only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from accounts import OWNER, visitors
from lives import live
from respond.audit.check import check
from respond.errors import RespondError
from respond.store.sql import SqlEventStore, create
from respond.store.sql.roles import apply_recipe
from respond.testing.conformance.samples import ManualClock
from respond.transfer.archive import archive_log
from respond.transfer.copy import copy_log


def test_each_tenant_is_archived_and_the_auditor_checks_and_copies(postgresql_url: str, tmp_path: Path) -> None:
    """The owner archives one tenant at a time; the auditor reads, checks and copies the whole log, others cannot."""
    clock = ManualClock()
    there = f"sqlite:///{tmp_path / 'there.db'}"
    with visitors(postgresql_url, "writer", "reader", "auditor") as found:
        create(found.at(OWNER))
        apply_recipe(found.at(OWNER), found.audited, row_security=True)
        for tenant in ("default", "branch"):
            with SqlEventStore.open(found.at("writer"), clock=clock, tenant=tenant, create=False) as store:
                live(store, clock)
        with SqlEventStore.open(found.at(OWNER), clock=clock, tenant="branch", create=False) as store:
            report = archive_log(store, tmp_path, before=clock() + timedelta(days=1))
            assert (report.streams, report.events) == (3, 12)
        with SqlEventStore.open(found.at("auditor"), clock=clock, create=False, archives=tmp_path) as auditor:
            checked = check(auditor)
            assert (checked.clean, checked.archived, checked.events) == (True, 12, 44)
            create(there, log=auditor.log)
            with SqlEventStore.open(there, clock=clock) as target:
                assert copy_log(auditor, target).compared == 44
        create(there.replace("there", "again"), log=auditor.log)
        with (
            SqlEventStore.open(found.at(OWNER), clock=clock, create=False) as blind,
            SqlEventStore.open(there.replace("there", "again"), clock=clock) as target,
            pytest.raises(RespondError),
        ):
            copy_log(blind, target)
