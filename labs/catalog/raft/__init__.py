"""Raft: a replicated key-value store of 3, 5 or 7 servers. See `lab.py` for what the lab offers and `node.py` for the algorithm."""

from labs.catalog.raft.lab import LAB

__all__ = ["LAB"]
