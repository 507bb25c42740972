"""`python -m labs.engine.bench`: what the engine costs, as JSON, measured side by side in one run.

Five-node Raft under a steady leader (heartbeats of 50 ms on links of 10 ms: about 160 messages a simulated second),
once bare and once with everything on: every event recorded, invariants and goals watched, chunks encoded and hashed.
The two are timed in turns, so that a busy machine slows both; each figure is the best of its turns.

`labs.engine` knows no lab: the one to measure is named on the command line and imported by name.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import zlib
from importlib import import_module
from time import perf_counter
from typing import Any

from labs.engine import limits
from labs.engine.chunks import Run
from labs.engine.definition import Lab
from labs.engine.dump import dump, load
from labs.engine.events import MessageEvent
from labs.engine.simulation import Simulation

STEADY = {"clients": 0}
BUSY = {"clients": 3}
TURNS = 5
SLICE_TURNS = 30  # so short that only the quietest of many is the slice itself
SPAN_US = 60_000_000
SLICE_US = 5_000_000
LONG_US = 600_000_000


def bare(lab: Lab) -> float:
    """Wall seconds for the span, nothing recorded."""
    simulation = Simulation(lab, STEADY, 7, record=False)
    simulation.start()
    begin = perf_counter()
    for until_us in range(limits.CHUNK_US, SPAN_US + 1, limits.CHUNK_US):
        simulation.run_until(until_us)
    return perf_counter() - begin


def everything(lab: Lab) -> float:
    """Wall seconds for the span with every event recorded, watched, encoded and hashed."""
    run = Run(Simulation(lab, STEADY, 7))
    begin = perf_counter()
    while run.frontier_us < SPAN_US:
        run.next_chunk([]).frame(0)
    return perf_counter() - begin


def sent(lab: Lab, parameters: dict[str, Any]) -> dict[str, float]:
    """Messages, and bytes of frames as text and as the websocket sends them (deflated with the context kept), a simulated second."""
    run, deflate = Run(Simulation(lab, parameters, 7)), zlib.compressobj(1, wbits=-12, memLevel=5)  # as academy.wire does
    text = on_the_wire = messages = 0
    while run.frontier_us < SPAN_US:
        frame = run.next_chunk([]).frame(0)
        messages += sum(isinstance(event, MessageEvent) for event in run.simulation.events)
        text += len(frame)
        on_the_wire += len(deflate.compress(frame)) + len(deflate.flush(zlib.Z_SYNC_FLUSH))
    seconds = SPAN_US / 1e6
    return {"messages": round(messages / seconds, 1), "text_bytes": round(text / seconds), "sent_bytes": round(on_the_wire / seconds)}


def one_slice(lab: Lab) -> float:
    """Milliseconds from a checkpoint to five seconds further: load, simulate, encode, dump."""
    run = Run(Simulation(lab, BUSY, 7))
    while run.frontier_us < 20_000_000:
        run.next_chunk([])
    data, costs = dump(run), []
    for _ in range(SLICE_TURNS):
        begin = perf_counter()
        again = load(lab, data)
        while again.frontier_us < 20_000_000 + SLICE_US:
            again.next_chunk([]).frame(0)
        dump(again)
        costs.append(perf_counter() - begin)
    return min(costs) * 1000


def checkpoint(lab: Lab) -> dict[str, float]:
    """A checkpoint after ten minutes with clients at work and compaction on."""
    run = Run(Simulation(lab, BUSY, 7))
    while run.frontier_us < LONG_US:
        run.next_chunk([])
    begin = perf_counter()
    data = dump(run)
    dumped = perf_counter()
    load(lab, data)
    return {"bytes": len(data), "dump_ms": round((dumped - begin) * 1000, 3), "load_ms": round((perf_counter() - dumped) * 1000, 3)}


def measure(lab: Lab) -> dict[str, Any]:
    gc.freeze()  # as a worker does: what is loaded once is not looked at again
    turns = [(bare(lab), everything(lab)) for _ in range(TURNS)]
    bare_s, everything_s = min(t[0] for t in turns), min(t[1] for t in turns)
    seconds, steady = SPAN_US / 1e6, sent(lab, STEADY)
    return {
        "bare": {"simulated_per_wall": round(seconds / bare_s), "messages_per_s": round(seconds / bare_s * steady["messages"])},
        "everything_on": {
            "simulated_per_wall": round(seconds / everything_s),
            "messages_per_s": round(seconds / everything_s * steady["messages"]),
        },
        "ratio": round(everything_s / bare_s, 3),
        "steady_per_simulated_second": steady,
        "with_clients_per_simulated_second": sent(lab, BUSY),
        "slice_of_5_s_ms": round(one_slice(lab), 2),
        "checkpoint_after_600_s": checkpoint(lab),
    }


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m labs.engine.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lab", default="labs.catalog.raft", help="module with LAB (default labs.catalog.raft)")
    print(json.dumps(measure(import_module(parser.parse_args(argv).lab).LAB), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
