"""SARIF 2.1.0: findings as code hosts and editors read them (OASIS, Static Analysis Results Interchange Format)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs

from respond.plan.finding import Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@attrs.frozen(kw_only=True)
class Located:
    """A finding, and where it is to be mended."""

    finding: Finding
    whole: str
    """What it was found in, such as `lamp@1`."""
    file: Path | None = None
    line: int | None = None


def sarif(found: Sequence[Located], meanings: Mapping[str, str]) -> dict[str, Any]:
    """Return *found* as one run of a SARIF log; *meanings* say what each code means."""
    codes = sorted({one.finding.code for one in found})
    rules = [{"id": code, "shortDescription": {"text": meanings[code]}} for code in codes]
    driver = {"name": "respond", "version": version("respond-engine"), "rules": rules}
    results = [
        {
            "ruleId": one.finding.code,
            "ruleIndex": codes.index(one.finding.code),
            "level": one.finding.severity,
            "message": {"text": one.finding.text},
            "locations": [_location(one)],
        }
        for one in found
    ]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _location(one: Located) -> dict[str, Any]:
    named = f"{one.whole}: {one.finding.place}" if one.finding.place else one.whole
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": named}]}
    if one.file is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(one.file)}}
        if one.line is not None:
            physical["region"] = {"startLine": one.line}
        location["physicalLocation"] = physical
    return location


def _uri(file: Path) -> str:
    """Return *file* as seen from where the command runs, or its whole address when it lies elsewhere."""
    whole = file.resolve()
    here = Path.cwd()
    return quote(whole.relative_to(here).as_posix()) if whole.is_relative_to(here) else whole.as_uri()
