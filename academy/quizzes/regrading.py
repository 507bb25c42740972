"""The door to regrades: what is offered, the dry run, applying it, taking it back.

A regrade is of one question in one class. `plan` computes a delta for each item that has a mark, and nothing else; `apply` has workers
write them, an attempt in a transaction, under the attempt's lock. A delta is written while the mark it was computed from still counts; where
another counts by then it is computed again first. `RegradeDelta.applied` is set in the same transaction, so a worker that dies leaves
nothing half done and whoever comes next goes on. Nothing is deleted: taking back adds the former mark as the newest.

States. draft -> previewed -> applying -> applied -> reverted. An attempt's transaction looks at the state after it holds the lock, so a
worker that was slow finds that it is not wanted any more. A regrade that is being taken back is `reverted` with deltas still `applied`.

Passing is half of an attempt's points, before a share is taken off for being late.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import batched_
from typing import Any
