"""Rows: one record of a foreign log, and the key by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import attrs
import orjson

_DIGEST_BYTES = 16
"""Enough to tell the rows of one log apart; the key itself keeps all 32."""


@attrs.frozen
class Row:
    """One record of a foreign log: a line of a CSV file, an event of an XES file."""

    number: int
    """Its place in the file, from 1; a header is not counted."""
    cells: Mapping[str, str]
    """The text of each column, exactly as it stands in the file; a column that the record lacks is left out.

    Equal records have their columns in the same order.
    """


class Identity:
    """Gives each row of one log its import key, and tells exact duplicates.

    It keeps some 200 bytes for every row it has seen.
    """

    def __init__(self, log: str, columns: Iterable[str]) -> None:
        """*columns* are those that the mapping names: what they hold is what makes a row itself."""
        self._log = log
        self._columns = tuple(sorted(columns))
        self._seen: set[bytes] = set()
        self._ordinals: dict[bytes, int] = {}
        self.size = 0
        """How many bytes the mapped cells of the last row take."""

    def key(self, case: str, cells: Mapping[str, str]) -> str | None:
        """Return the import key of the next row of *case*; None when every cell equals those of an earlier row.

        The key is the SHA-256 of the JSON array `[log, case, cell, ...]` (the mapped cells in the order of their
        columns' names, null where a row has none) followed by `#` and the row's ordinal among the rows with the same
        array, from 0.
        """
        whole = hashlib.sha256(orjson.dumps((case, cells))).digest()[:_DIGEST_BYTES]
        if whole in self._seen:
            return None
        self._seen.add(whole)
        content = orjson.dumps((self._log, case, *map(cells.get, self._columns)))
        self.size = len(content)
        first = hashlib.sha256(content + b"#0").digest()
        ordinal = self._ordinals.get(first[:_DIGEST_BYTES], 0)
        self._ordinals[first[:_DIGEST_BYTES]] = ordinal + 1
        return hashlib.sha256(b"%b#%d" % (content, ordinal)).hexdigest() if ordinal else first.hex()
