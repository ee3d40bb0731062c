"""Large results in flat memory: the rows of a query in batches.

    from pydb import stream

    for batch in stream.batches(dsn, "select id, features from training", key="id", size=5000):
        model.partial_fit(batch.rows)
        checkpoint.save(batch.key)              # after=checkpoint.load() goes on from there

:func:`batches` waits for the server, :func:`abatches` is for ``async for``. By default the rows come from one
server-side cursor: one snapshot, one transaction that stays open. With ``keyset=True`` each batch is a
statement of its own, which keeps no snapshot from being cleaned up.

How many rows a batch has is said by ``size``, by the environment (``PYDB_STREAM_BATCH_SIZE``, or the
variable that ``size_variable`` names), else it is 10 000. The log ``pydb.stream`` has a line a batch at debug
level, :func:`totals` what this process has read, and :func:`collector` gives that to prometheus-client.
"""

from __future__ import annotations

from pydb.stream.aio import abatches
from pydb.stream.batch import ENVIRONMENT, Batch, Progress, batch_size
from pydb.stream.metrics import collector
from pydb.stream.reading import batches
from pydb.stream.tally import Totals, totals

__all__ = [
    "ENVIRONMENT",
    "Batch",
    "Progress",
    "Totals",
    "abatches",
    "batch_size",
    "batches",
    "collector",
    "totals",
]
