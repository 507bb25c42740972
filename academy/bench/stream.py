"""N players on a running site, beside a bare echo through the same server, in one run. Prints JSON; called by `academy.bench.main`."""

import asyncio
import json
import os
import random
import statistics
import sys
import time
from typing import Any

import django
import psutil
from websockets.asyncio.client import connect

from academy.bench.asgi import ECHO_PATH
from academy.bench.player import Player, Seen

FRAME_MS = 1000 / 60  # a player that stands still for longer than a frame has run out of chunks
ECHOES = 5  # sockets that only echo
ECHO_EVERY_S = 0.1
BEGIN_S = 60  # for all players to have their first chunk
SETTLE_S = 5
SPREAD_S = 0.03  # between two players that come


def main() -> int:
    options = json.loads(sys.argv[1])
    django.setup()
    players = people(options)
    result = asyncio.run(measure(options, players))
    print(json.dumps(result, indent=2))
    return 0


def people(options: dict[str, Any]) -> list[tuple[str, str]]:
    """For each player an account with a run of its own: the path of its socket and the cookie of its session."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from labs import runs

    made = []
    for number in range(options["players"]):
        user = get_user_model().objects.create_user(f"bench-{number}")
        client = Client()
        client.force_login(user)
        run = runs.create(user, options["lab"], options["scenario"], seed=number)
        made.append((f"/ws/runs/{run.pk}/", "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())))
    return made


async def measure(options: dict[str, Any], people: list[tuple[str, str]]) -> dict[str, Any]:
    address, seen, echoed = options["address"], Seen(), []
    until = time.monotonic() + BEGIN_S + options["seconds"]
    began = [asyncio.Event() for _ in people]
    tasks = []
    for (path, cookie), event in zip(people, began, strict=True):
        player = Player(address.replace("http", "ws", 1) + path, {"Cookie": cookie}, address, seen, options["speed"], options["every"])
        tasks.append(asyncio.create_task(player.play(until, event)))
        await asyncio.sleep(SPREAD_S)
    await asyncio.wait_for(asyncio.gather(*(event.wait() for event in began)), BEGIN_S)
    await asyncio.sleep(SETTLE_S)
    echoes = [asyncio.create_task(echo(address.replace("http", "ws", 1) + ECHO_PATH, seen, echoed)) for _ in range(ECHOES)]
    before, started = cpu(options["processes"]), time.monotonic()
    seen.counting = True
    await asyncio.sleep(options["seconds"])
    seen.counting = False
    passed = time.monotonic() - started
    after = cpu(options["processes"])
    failed = [str(task.exception()) for task in tasks if task.done() and not task.cancelled() and task.exception()]
    for task in [*tasks, *echoes]:
        task.cancel()
    await asyncio.gather(*tasks, *echoes, return_exceptions=True)
    return report(options, seen, echoed, passed, {name: after[name] - before[name] for name in before}, failed)


async def echo(url: str, seen: Seen, echoed: list[float]) -> None:
    async with connect(url) as socket:
        while True:
            sent = time.monotonic()
            await socket.send("x" * 200)
            await socket.recv()
            if seen.counting:
                echoed.append((time.monotonic() - sent) * 1000)
            await asyncio.sleep(ECHO_EVERY_S * random.uniform(0.5, 1.5))  # noqa: S311


def cpu(processes: dict[str, int]) -> dict[str, float]:
    """Processor seconds used so far by each program and its children, and by the players themselves."""
    return {name: sum(map(used, family(pid))) for name, pid in {**processes, "players": os.getpid()}.items()}


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def report(
    options: dict[str, Any], seen: Seen, echoed: list[float], passed: float, shares: dict[str, float], failed: list[str]
) -> dict[str, Any]:
    changed, bare = percentiles(seen.changed), percentiles(echoed)
    return {
        "players": options["players"],
        "seconds": round(passed, 1),
        "speed": options["speed"],
        "commands": len(seen.changed),
        "command_to_changed_chunk_ms": changed,
        "command_to_accepted_ms": percentiles(seen.accepted),
        "bare_echo_ms": bare,
        "ratio_p50": round(changed["p50"] / bare["p50"], 2) if changed and bare else None,
        "ratio_p95": round(changed["p95"] / bare["p95"], 2) if changed and bare else None,
        "underruns": sum(stall > FRAME_MS for stall in seen.stalls),
        "longest_stall_ms": round(max(seen.stalls, default=0), 1),
        "refused": len(seen.refused),
        "refusals": sorted(set(seen.refused))[:3],
        "failed_players": len(failed),
        "failures": sorted(set(failed))[:3],
        "chunks_per_player_per_s": round(seen.chunks / passed / options["players"], 3),
        "bytes_per_player_per_s": round(seen.wire_bytes / passed / options["players"]),
        "cores_used": {name: round(seconds / passed, 3) for name, seconds in shares.items()},
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def percentiles(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {name: round(cuts[at - 1], 1) for name, at in (("p50", 50), ("p95", 95), ("p99", 99))} | {"max": round(max(values), 1)}


if __name__ == "__main__":
    sys.exit(main())
