"""What became of the rows of a writer, for a registry of prometheus-client (extra ``metrics``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric
    from prometheus_client.registry import Collector

    from pydb.telemetry.writer import Writer


def collector(writer: Writer) -> Collector:
    """What to register: ``REGISTRY.register(telemetry.collector(writer))``.

    Gives ``pydb_telemetry_requests_total`` (``kept``: true or false), ``pydb_telemetry_written_total``,
    ``pydb_telemetry_dropped_total`` (``reason``) and ``pydb_telemetry_waiting``. Raises
    :class:`~pydb.errors.UsageError` without prometheus-client.
    """
    try:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
        from prometheus_client.registry import Collector
    except ImportError:
        raise UsageError(
            "the metrics need prometheus-client", hint="in pydb's source tree: pip install '.[metrics]'"
        ) from None

    class WriterCollector(Collector):
        """Reads the counts when it is asked."""

        def collect(self) -> Iterator[Metric]:
            now = writer.counts()
            requests = CounterMetricFamily(
                "pydb_telemetry_requests",
                "Requests recorded, and whether sampling kept them.",
                labels=["kept"],
            )
            requests.add_metric(["true"], now.requests - now.left_out)
            requests.add_metric(["false"], now.left_out)
            dropped = CounterMetricFamily(
                "pydb_telemetry_dropped", "Rows that are lost, by reason.", labels=["reason"]
            )
            for reason in ("full", "refused", "closed", "shutdown", "unknown"):
                dropped.add_metric([reason], now.dropped.get(reason, 0))
            yield requests
            yield CounterMetricFamily("pydb_telemetry_written", "Rows in the database.", value=now.written)
            yield dropped
            yield GaugeMetricFamily("pydb_telemetry_waiting", "Rows in memory.", value=now.waiting)

    return WriterCollector()
