"""Sharding: a key-value store cut into shards, with routers. See `lab.py` for what the lab offers."""

from labs.catalog.sharding.lab import LAB

__all__ = ["LAB"]
