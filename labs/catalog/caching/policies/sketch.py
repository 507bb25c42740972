"""How often was a key asked for lately? A count-min sketch whose counters are halved from time to time.

Four rows of counters up to 15; a key has one in each row and counts as the least of them, which is never too little.
Only the least ones are raised (conservative update). After `SAMPLE` additions for each object of the cache every counter
is halved, so that what was popular once is forgotten.

Source: Cormode, Muthukrishnan, "An Improved Data Stream Summary: The Count-Min Sketch", J. Algorithms 55(1), 2005;
halving: Einziger, Friedman, Manes, "TinyLFU", ACM Transactions on Storage 13(4), 2017, section 3.3;
places from two hashes: Kirsch, Mitzenmacher, "Less Hashing, Same Performance", ESA 2006.
"""

from __future__ import annotations

from zlib import crc32

import msgspec

ROWS = 4
COUNT_MAX = 15
SAMPLE = 10  # additions for each object of the cache between two halvings
WIDTH_MIN = 256
HALVES = bytes(count >> 1 for count in range(256))


def _rows() -> list[bytearray]:
    return [bytearray(WIDTH_MIN) for _ in range(ROWS)]


class Sketch(msgspec.Struct, array_like=True):
    rows: list[bytearray] = msgspec.field(default_factory=_rows)  # equally long, a power of two
    additions: int = 0

    def places(self, key: str) -> tuple[int, int, int, int]:
        """The key's counter in each row."""
        hash, mask = crc32(key.encode()), len(self.rows[0]) - 1
        step = hash >> 15 | 1
        return hash & mask, (hash + step) & mask, (hash + 2 * step) & mask, (hash + 3 * step) & mask

    def estimate(self, key: str) -> int:
        """How often the key was added lately, 0..15: at least as often as it was, but for the halvings."""
        a, b, c, d = self.places(key)
        rows = self.rows
        return min(rows[0][a], rows[1][b], rows[2][c], rows[3][d])

    def add(self, key: str, objects: int) -> None:
        """The key was asked for; the cache holds so many objects."""
        places, rows = self.places(key), self.rows
        a, b, c, d = places
        least = min(rows[0][a], rows[1][b], rows[2][c], rows[3][d])
        if least < COUNT_MAX:
            for row, place in zip(rows, places, strict=True):
                if row[place] == least:
                    row[place] = least + 1
        self.additions += 1
        if self.additions >= SAMPLE * max(objects, WIDTH_MIN // SAMPLE):
            self.rows = [row.translate(HALVES) for row in self.rows]
            self.additions //= 2
        if objects > len(self.rows[0]) // 4:
            # Twice as wide: the place of a key is its old one or that plus the old width, so a copy keeps every count.
            self.rows = [row + row for row in self.rows]
