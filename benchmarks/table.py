"""Write the figures of a run as the table of a page: `python benchmarks/table.py build/bench-store.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(path: str) -> None:
    """Print one line for each figure; a bar that is missed is bold."""
    print("| work | bar | measured | spread of the rounds | beside |", "| --- | --- | --- | --- | --- |", sep="\n")
    for one in json.loads(Path(path).read_text()):
        value = "no figure" if one["value"] is None else f"{one['value']:,.2f} {one['unit']}"
        shown = value if one["met"] else f"**{value}**"
        print(f"| {one['name']} | {one['sign']} {one['bar']:,g} | {shown} | {one['spread'] or '-'} | {one['peer']} |")


if __name__ == "__main__":
    main(sys.argv[1])
