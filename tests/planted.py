"""Small workflows of five fields, and the defects that are planted in them.

Run it to write them into the page that explains what the kit finds; a test compares.
"""

from __future__ import annotations

from pathlib import Path

import ballots
import claims
import loans
import permits
import ward
from planting import Sound

SOUND = {
    "claims": Sound(claims.CLAIM, claims.ClaimRules, claims.DEFECTS),
    "loans": Sound(loans.LOANS, loans.LoanRules, loans.DEFECTS, {"spans": loans.SPANS}),
    "ward": Sound(ward.WARD, ward.WardRules, ward.DEFECTS, ward.OPTIONS),
    "ballots": Sound(ballots.BALLOTS, ballots.BallotRules, ballots.DEFECTS, {"payloads": ballots.VOTERS}),
    "permits": Sound(permits.PERMITS, permits.PermitRules, permits.DEFECTS, {"plan": permits.UNDER}),
}
DEFECTS = {name: (sound, defect) for sound in SOUND.values() for name, defect in sound.defects.items()}
"""By name, each with the sound workflow that it is planted in."""
PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "testing-kit.md"
START, END = "<!-- planted -->\n", "<!-- /planted -->\n"


def table() -> str:
    """Return the defects as a table."""
    rows = [
        f"| {name} | {field} | {defect.finder} | {defect.told} |"
        for field, sound in SOUND.items()
        for name, defect in sound.defects.items()
    ]
    return "\n".join(["", "| what is wrong | in | found by | and called |", "| --- | --- | --- | --- |", *rows, "", ""])


def written() -> str:
    """Return the page with the table as it is."""
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    return before + START + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
