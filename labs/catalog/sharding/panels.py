"""What is said and shown of this lab, all as data (docs/stream.md)."""

from __future__ import annotations

from typing import Any

from labs.catalog.sharding import messages as m

MESSAGES: dict[type, dict[str, Any]] = {
    m.Request: {"tone": "client", "shape": "square", "text": "{key}, value {value}, epoch {epoch}, of the old owner: {old}"},
    m.Answer: {"tone": "client", "shape": "ring", "text": "{outcome}: {value}, version {version}"},
    m.Refused: {"tone": "vote", "shape": "ring", "text": "not mine since epoch {epoch}"},
    m.Missed: {"tone": "vote", "shape": "kite", "text": "not here yet"},
    m.Replicate: {"tone": "append", "shape": "triangle", "text": "{key} = {value}, version {version}"},
    m.ReplicateReply: {"tone": "append", "shape": "ring", "text": "{key} is written"},
    m.Transfer: {"tone": "append", "shape": "arrow", "text": "batch {batch} of epoch {epoch}"},
    m.TransferReply: {"tone": "append", "shape": "ring", "text": "batch {batch} is on disk"},
    m.Ping: {"tone": "vote", "shape": "dot", "text": "are you there?"},
    m.Pong: {"tone": "vote", "shape": "ring", "text": "here"},
    m.MapUpdate: {"tone": "vote", "shape": "diamond", "text": "the map; {keys_per_s} keys a second"},
    m.MapAck: {"tone": "vote", "shape": "ring", "text": "epoch {epoch}, {left} keys to send"},
    m.Progress: {"tone": "vote", "shape": "ring", "text": "epoch {epoch}, {left} keys to send"},
    m.GetMap: {"tone": "vote", "shape": "dot", "text": "anything newer than epoch {epoch}?"},
}
NOTES = {
    "migration_began": {"text": "{node} begins epoch {epoch}: {scheme} over {shards} shards", "mark": "election"},
    "fenced": {"text": "Every shard goes by epoch {epoch}; {keys} keys begin to move", "mark": ""},
    "cut_over": {"text": "Cut-over to epoch {epoch}: {keys} keys moved in {ms} ms", "mark": "commit"},
    "change_refused": {"text": "{node} drops the change: {missing} did not answer, and its keys have no other copy", "mark": ""},
    "failed": {"text": "{node} failed: {error}", "mark": "fault"},
}
TOPOLOGY = {
    "role": "role",
    "badge": "epoch {epoch}",
    "roles": {
        "coordinator": {"tone": "leader", "shape": "octagon", "word": "coordinator"},
        "router": {"tone": "candidate", "shape": "diamond", "word": "router"},
        "shard": {"tone": "follower", "shape": "circle", "word": "shard"},
        "leaving": {"tone": "follower", "shape": "square", "word": "leaving"},
        "spare": {"tone": "follower", "shape": "square", "word": "spare"},
    },
}
METRICS_US = 500_000  # length of a metrics window
COORDINATOR = {"role": "coordinator"}
MARKS = ["migration_began", "cut_over"]
PANELS: tuple[dict[str, Any], ...] = (
    {"panel": "ring", "title": "Key space", "of": COORDINATOR, "label": "scheme", "points": "virtual_nodes", "members": "members",
     "owners": "owners", "old_members": "old_members", "old_owners": "old_owners", "digits": 12},
    {"panel": "heat", "title": "Load by shard", "roles": ["shard", "leaving", "spare"], "fields": [
        {"name": "rate_per_s", "label": "Requests", "unit": "/s"},
        {"name": "busy_percent", "label": "Busy", "unit": "%", "min": 0, "max": 100},
        {"name": "queue", "label": "Queue"},
        {"name": "keys", "label": "Keys"}]},
    {"panel": "chart", "title": "Latency of reads", "unit": "ms", "per": 1000, "min": 0, "marks": MARKS,
     "series": [{"metric": f"ok.read_us.p{p}", "label": f"p{p}"} for p in (50, 95, 99)]},
    {"panel": "chart", "title": "Throughput", "unit": "a second", "per": METRICS_US / 1_000_000, "min": 0, "marks": MARKS,
     "series": [{"metric": f"{outcome}.{f}_us.count", "label": label}
                for outcome, f, label in (("ok", "read", "Read"), ("ok", "write", "Written"), ("fail", "read", "Reads that failed"),
                                          ("fail", "write", "Writes that failed"), ("info", "read", "Reads given up"),
                                          ("info", "write", "Writes given up"))]},
    {"panel": "chart", "title": "Keys moved", "unit": "keys", "min": 0, "marks": MARKS, "series": [
        {"of": COORDINATOR, "field": "keys_moved", "label": "Moved"},
        {"of": COORDINATOR, "field": "keys_to_move", "label": "To move"}]},
    {"panel": "table", "title": "State", "fields": [
        {"name": "role", "label": "Role"}, {"name": "epoch", "label": "Epoch"}, {"name": "phase", "label": "Phase"},
        {"name": "scheme", "label": "Scheme"}, {"name": "weights", "label": "Weights"}, {"name": "keys", "label": "Keys"},
        {"name": "to_move", "label": "Keys to send"}, {"name": "queue", "label": "Queue"}, {"name": "parked", "label": "Requests parked"},
        {"name": "second", "label": "Second reads"},
        {"name": "would_move", "label": "Keys moved by this change, in %, under each scheme"}]},
    {"panel": "events", "title": "Events"},
    {"panel": "checks", "title": "Checks"},
)  # fmt: skip
