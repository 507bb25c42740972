// Made by `python -m labs.engine.schema` from labs/engine/events.py. Change it there.
export const SCHEMA_VERSION = 2;

// Kind -> names of the fields that follow it in an event's row.
export const SCHEMA = {
  message: ["seq", "t_us", "src", "dst", "arrives_us", "fate", "body"],
  message_dropped: ["seq", "t_us", "message", "reason"],
  message_moved: ["seq", "t_us", "message", "arrives_us", "way_ppm"],
  timer: ["seq", "t_us", "node", "name", "due_us"],
  state: ["seq", "t_us", "node", "changed"],
  node: ["seq", "t_us", "node", "status"],
  links: ["seq", "t_us", "links"],
  note: ["seq", "t_us", "node", "name", "fields"],
  fault: ["seq", "t_us", "name", "args", "command", "text"],
  operation: ["seq", "t_us", "process", "operation", "type", "f", "key", "value"],
  check: ["seq", "t_us", "checker", "holds", "text", "nodes", "evidence"],
  goal: ["seq", "t_us", "challenge", "progress", "text", "evidence"],
  metric: ["seq", "t_us", "name", "value", "labels"],
  flow: ["seq", "t_us", "src", "dst", "span_us", "count", "size_bytes", "errors"],
  limit: ["seq", "t_us", "name", "text"],
};
