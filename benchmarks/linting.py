"""What it costs to lint a plan of 2,000 lines in its file."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

from harness import ROUNDS, Figure

from respond.cli.plans import incident_flow
from respond.plan.lint_file import lint_file
from respond.plan.reader import shipped_plan

LINES = 2_000
DAY = date(2026, 10, 20)
DEFECT = '[[duties]]\nid = "nobodys"\ntitle = "Nobody\'s"\nrole = "nobody"\nphase = "respond"\n\n[[duties]]'


def figure(folder: Path) -> Figure:
    """Return the seconds that lint takes, and how often tomllib alone reads the same text in them."""
    text = _grown(shipped_plan("service-company").read_text(encoding="utf-8"))
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    linted, parsed, flow = [], [], incident_flow()
    for _ in range(ROUNDS):
        started = perf_counter()
        findings = lint_file(path, today=DAY, flow=flow)
        linted.append(perf_counter() - started)
        started = perf_counter()
        tomllib.loads(text)
        parsed.append(perf_counter() - started)
    lines, ratio = text.count("\n"), median(linted) / median(parsed)
    found = [one.code for one in findings if one.place == "duties[0].role"]
    return Figure(
        name=f"lint a plan of {lines:,} lines",
        value=median(linted),
        unit="s",
        bar=0.5,
        least=False,
        peer=f"{ratio:.1f} times as long as tomllib needs to read it ({median(parsed):.3f} s)",
        spread=f"[{min(linted):.3f} .. {max(linted):.3f}] in {ROUNDS} rounds",
        correct=found == ["duty-without-role"],
        why="the one duty of a role that there is not was not found",
    )


def _grown(text: str) -> str:
    """Return the plan with one defect, and as many more resources as make it 2,000 lines long."""
    grown = text.replace("[[duties]]", DEFECT, 1)
    number = 0
    while grown.count("\n") < LINES:
        grown += f'\n[[resources]]\nid = "spare_{number}"\ntitle = "Spare {number}"\nkind = "material"\n'
        number += 1
    return grown
