"""Caching: clients, a cache tier and a database with real latency under load. See `lab.py` for what the lab offers."""

from labs.catalog.caching.lab import LAB

__all__ = ["LAB"]
