"""Round-trip times between regions, as a provider publishes them.

Source: IBM Cloud, "Network latency dashboards" for VPC, inter-region averages of 17 August to 15 September 2024 and
inter-zone averages of the same weeks in Dallas (about 2 ms between zones, 0.1 ms within one). Milliseconds, row to
column; the two directions were measured apart and differ a little.
"""

from __future__ import annotations

from labs.engine.network import LinkSpec

NAMES = ("dallas", "toronto", "washington", "frankfurt", "london", "madrid", "osaka", "sydney", "tokyo", "sao-paulo")
ROUND_TRIP_MS = {
    "dallas": (0, 34, 31, 123, 113, 117, 150, 185, 143, 145),
    "toronto": (34, 0, 19, 92, 82, 109, 169, 215, 161, 130),
    "washington": (32, 20, 0, 91, 76, 88, 173, 214, 166, 118),
    "frankfurt": (123, 93, 91, 0, 13, 29, 232, 250, 228, 197),
    "london": (113, 82, 75, 13, 0, 27, 244, 261, 242, 187),
    "madrid": (121, 109, 90, 29, 27, 0, 259, 275, 256, 207),
    "osaka": (151, 168, 175, 232, 244, 258, 0, 122, 9, 292),
    "sydney": (186, 214, 216, 250, 261, 275, 122, 0, 115, 327),
    "tokyo": (143, 162, 166, 231, 242, 257, 9, 115, 0, 284),
    "sao-paulo": (146, 130, 119, 198, 187, 205, 290, 328, 285, 0),
}  # fmt: skip
ZONE_ROUND_TRIP_US = 2_000  # between two zones of one region
LOCAL_ROUND_TRIP_US = 100  # within one zone
JITTER_PERMILLE = 20  # mean of the tail, as a share of the latency: our choice, since the source gives averages alone


def one_way_us(src: str, dst: str) -> int:
    """Half a round trip between two regions; between two zones for the same one. Raises KeyError for an unknown region."""
    if src == dst:
        return ZONE_ROUND_TRIP_US // 2
    return ROUND_TRIP_MS[src][NAMES.index(dst)] * 500


def link(src: str, dst: str) -> LinkSpec:
    """The link between machines of two regions."""
    latency_us = one_way_us(src, dst)
    return LinkSpec(latency_us=latency_us, jitter_us=latency_us * JITTER_PERMILLE // 1000)
