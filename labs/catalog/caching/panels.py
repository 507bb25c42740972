"""What the browser draws: messages, notes, roles, panels. All data (see docs/stream.md, "Panels of busy labs")."""

from __future__ import annotations

from typing import Any

from labs.catalog.caching import messages as m

MESSAGES: dict[type, dict[str, Any]] = {
    m.Get: {"tone": "client", "shape": "square", "text": "get {key}"},
    m.GetReply: {"tone": "client", "shape": "ring", "text": "{key}: {status}"},
    m.Set: {"tone": "append", "shape": "square", "text": "set {key} to version {version}"},
    m.Invalidate: {"tone": "vote", "shape": "square", "text": "forget {key}"},
    m.Invalidated: {"tone": "vote", "shape": "ring", "text": "{key} forgotten"},
    m.Read: {"tone": "append", "shape": "arrow", "text": "read {key}"},
    m.ReadReply: {"tone": "append", "shape": "ring", "text": "{key} is at version {version}"},
    m.Write: {"tone": "vote", "shape": "arrow", "text": "write {key}"},
    m.WriteReply: {"tone": "vote", "shape": "ring", "text": "{key} written as version {version}"},
    m.Refused: {"tone": "client", "shape": "ring", "text": "no room for {key}"},
}
NOTES = {
    "emptied": {"text": "{node} forgot {objects} objects", "mark": ""},
    "invalidated": {"text": "{node} was told to forget {key}", "mark": ""},
    "scan_began": {"text": "{node} begins to read {keys} keys in order", "mark": ""},
    "scan_ended": {"text": "{node} has read all keys", "mark": ""},
    "recovered": {"text": "{node} found {writes} writes in its journal that the database may lack", "mark": ""},
    "failed": {"text": "{node} failed: {error}", "mark": "fault"},
}
TOPOLOGY = {
    "role": "role",
    "badge": "",
    "roles": {
        "cache": {"tone": "follower", "shape": "circle", "word": "cache"},
        "database": {"tone": "leader", "shape": "hexagon", "word": "database"},
    },
}
POLICY_LABELS = {"fifo": "FIFO", "lru": "LRU", "lfu": "LFU", "sieve": "SIEVE", "wtinylfu": "W-TinyLFU"}
MARKS = ["emptied", "invalidated", "scan_began", "scan_ended", "recovered"]
METRICS_US = 500_000
PANELS: tuple[dict[str, Any], ...] = (
    {"panel": "slots", "title": "Cache content", "slots": "slots", "used": "used_bytes", "capacity": "capacity_bytes", "count": "objects",
     "unit": "bytes", "order": "next to leave first",
     "columns": [{"name": "key", "is": "label", "label": "Key"}, {"name": "size", "is": "size", "label": "Bytes"},
                 {"name": "uses", "is": "frequency", "label": "Uses"}, {"name": "used_ms", "is": "recency", "label": "Last use"},
                 {"name": "mark", "is": "mark", "label": "State"}]},
    {"panel": "chart", "title": "Hit ratio", "unit": "%", "min": 0, "max": 100, "marks": MARKS,
     "series": [{"metric": "hit_percent.cache", "label": "This cache", "main": True},
                *({"metric": f"hit_percent.{name}", "label": label} for name, label in POLICY_LABELS.items())]},
    {"panel": "chart", "title": "Latency of reads", "unit": "ms", "per": 1000, "min": 0, "marks": MARKS,
     "series": [{"metric": f"ok.read_us.p{p}", "label": f"p{p}"} for p in (50, 95, 99)]},
    {"panel": "chart", "title": "Requests", "unit": "/s", "per": METRICS_US / 1_000_000, "min": 0,
     "series": [{"metric": f"{outcome}.{f}_us.count", "label": label}
                for outcome, f, label in (("ok", "read", "Read"), ("ok", "write", "Written"), ("fail", "read", "Refused"),
                                          ("info", "read", "Given up"), ("info", "write", "Writes given up"))]},
    {"panel": "chart", "title": "Staleness of reads", "unit": "ms", "per": 1000, "min": 0,
     "series": [{"metric": f"stale_us.p{p}", "label": f"p{p}"} for p in (50, 95, 99)]},
    {"panel": "chart", "title": "Wait for the database", "unit": "ms", "per": 1000, "min": 0, "marks": MARKS,
     "series": [{"metric": f"database_wait_us.p{p}", "label": f"p{p}"} for p in (50, 95, 99)]},
    {"panel": "waterfall", "title": "One request", "trace": "trace", "waited": "waited_us"},
    {"panel": "table", "title": "State", "fields": [
        {"name": "role", "label": "Role"}, {"name": "policy", "label": "Policy"}, {"name": "objects", "label": "Objects"},
        {"name": "gets", "label": "Asked"}, {"name": "hits", "label": "Hits"}, {"name": "dirty", "label": "Dirty"},
        {"name": "fetching", "label": "Being fetched"}, {"name": "queue", "label": "Queue"}, {"name": "busy", "label": "Workers busy"},
        {"name": "served", "label": "Served"}, {"name": "refused", "label": "Refused"}]},
    {"panel": "events", "title": "Events"},
    {"panel": "checks", "title": "Checks"},
)  # fmt: skip
