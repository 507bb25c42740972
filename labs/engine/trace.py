"""A run in text: one line an event, for people, golden files and terminals."""

from __future__ import annotations

from typing import Any

from labs.engine.definition import Lab
from labs.engine.events import (
    CheckEvent,
    Event,
    FaultEvent,
    FlowEvent,
    LimitEvent,
    LinksEvent,
    MessageDroppedEvent,
    MessageEvent,
    MessageMovedEvent,
    MetricEvent,
    NodeEvent,
    NoteEvent,
    OperationEvent,
    StateEvent,
)


def line(lab: Lab, event: Event) -> str:
    """`     12.480213 s  #1234  n1 -> n2 AppendEntries ...`"""
    return f"{event.t_us / 1e6:13.6f} s  #{event.seq:<6d} {words(lab, event)}"


def words(lab: Lab, event: Event) -> str:
    match event:
        case MessageEvent():
            how = f"arrives {event.arrives_us / 1e6:.6f}" if event.fate == "delivered" else event.fate
            return f"{event.src} -> {event.dst}  {body_words(event.body)}  [{how}]"
        case MessageDroppedEvent():
            return f"dropped #{event.message}: {event.reason}"
        case MessageMovedEvent():
            return f"moved #{event.message}: arrives {event.arrives_us / 1e6:.6f}"
        case StateEvent():
            return f"{event.node}: " + ", ".join(f"{name}={_plain(value)}" for name, value in event.changed.items())
        case NodeEvent():
            return f"{event.node} is {event.status}"
        case NoteEvent():
            text = lab.notes.get(event.name, {}).get("text", event.name)
            return "* " + text.format_map({"node": event.node, **event.fields})
        case FaultEvent():
            return f"! {event.text}"
        case LinksEvent():
            return "links cut: " + (" ".join(f"{src}>{dst}" for src, dst, _ in event.links) or "none")
        case OperationEvent():
            return f"{event.process} {event.type} {event.f} {event.key} {event.value}"
        case CheckEvent():
            return f"{'HOLDS' if event.holds else 'VIOLATED'} {event.checker}: {event.text}"
        case FlowEvent():
            errors = f", {event.errors} lost" if event.errors else ""
            return f"{event.src} -> {event.dst}  {event.count} messages, {event.size_bytes} bytes in {event.span_us // 1000} ms{errors}"
        case MetricEvent():
            return f"{event.name} = {event.value}"
        case LimitEvent():
            return f"LIMIT {event.name}: {event.text}"
    return str(event)


def body_words(body: Any) -> str:
    fields = ", ".join(f"{name}={_plain(getattr(body, name))}" for name in body.__struct_fields__)
    return f"{type(body).__name__}({fields})"


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + " ".join(_plain(item) for item in value) + "]"
    if hasattr(value, "__struct_fields__"):
        return ":".join(str(getattr(value, name)) for name in value.__struct_fields__[:2])
    return str(value)
