"""The counts of :mod:`pydb.stream` for a registry of prometheus-client (extra ``metrics``)."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from pydb.errors import UsageError
from pydb.stream import tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric
    from prometheus_client.registry import Collector


def collector() -> Collector:
    """What to register: ``REGISTRY.register(stream.collector())``.

    Gives ``pydb_stream_rows_total``, ``pydb_stream_failures_total`` and the histogram
    ``pydb_stream_batch_seconds``, each by ``stream``. Raises :class:`~pydb.errors.UsageError` without
    prometheus-client.
    """
    try:
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
        from prometheus_client.registry import Collector
    except ImportError:
        raise UsageError(
            "the metrics need prometheus-client", hint="in pydb's source tree: pip install '.[metrics]'"
        ) from None

    class StreamCollector(Collector):
        """Reads the counts when it is asked."""

        def collect(self) -> Iterator[Metric]:
            rows = CounterMetricFamily("pydb_stream_rows", "Rows read in batches.", labels=["stream"])
            failures = CounterMetricFamily(
                "pydb_stream_failures", "Readings that ended with an error.", labels=["stream"]
            )
            batches = HistogramMetricFamily(
                "pydb_stream_batch_seconds", "Time to fetch a batch.", labels=["stream"]
            )
            for name, one in sorted(tally.totals().items()):
                rows.add_metric([name], one.rows)
                failures.add_metric([name], one.failures)
                bounds = [*(str(bound) for bound in tally.BOUNDS), "+Inf"]
                buckets = [
                    (bound, float(count))
                    for bound, count in zip(bounds, accumulate(one.buckets), strict=True)
                ]
                batches.add_metric([name], buckets=buckets, sum_value=one.seconds)
            yield from (rows, failures, batches)

    return StreamCollector()
