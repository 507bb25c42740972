"""A client of the replicated store: asks whom it believes to lead, follows the hint when refused, and asks again with
the same serial (§8).
"""

from __future__ import annotations

from typing import Any

from labs.catalog.raft.messages import ClientReply, ClientRequest
from labs.engine.node import Context
from labs.engine.workload import ClosedLoopClient, Operation


class RaftClient(ClosedLoopClient):
    def request(self, operation: Operation, ctx: Context) -> ClientRequest:
        command = f"{operation.key}?" if operation.f == "read" else f"{operation.key}={operation.value}"
        return ClientRequest(command, self.memory.serial)

    def on_message(self, src: str, body: Any, ctx: Context) -> None:
        memory = self.memory
        if not isinstance(body, ClientReply) or memory.operation is None or body.serial != memory.serial:
            return  # an answer to something given up
        if body.ok:
            memory.server = src
            self.finish("ok", body.value, ctx)
        else:
            self.refused(body.leader, ctx)
