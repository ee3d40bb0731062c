"""The metrics of pydb as Prometheus reads them: view ``pydb.metric`` in the text format, and in OpenMetrics.

Needs the extra ``metrics``. A scrape has an upper bound: each collector is asked alone, within the time that
is left, and one that fails is marked (``lifecycle_scrape_success`` 0) and leaves the others there.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final, cast

from pydb.errors import DatabaseUnavailable, PydbError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from prometheus_client.core import Metric

    from pydb.db import Connection, Row
    from pydb.events.hub import HubState

TIMEOUT: Final = 5.0
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# what the program adds to the view: name, type, labels, help
ADDED: Final[tuple[tuple[str, str, tuple[str, ...], str], ...]] = (
    ("lifecycle_up", "gauge", (), "1 = the database answered."),
    (
        "lifecycle_scrape_errors_total",
        "counter",
        ("collector",),
        "Collectors that raised or were out of time, since the program started.",
    ),
    ("lifecycle_migration_pending", "gauge", (), "1 = the database has an older revision than the program."),
    (
        "lifecycle_migration_database_ahead",
        "gauge",
        (),
        "1 = the database has a revision that the program does not know.",
    ),
    ("lifecycle_event_followers", "gauge", (), "Who follows events at this pydb serve now."),
    (
        "lifecycle_event_followers_dropped_total",
        "counter",
        ("reason",),
        "Followers of events that pydb serve ended or refused since it started: slow, timeout, refused.",
    ),
)
_SUFFIXES: Final = ("_bucket", "_sum", "_count")
# of this process
_errors: Counter[str] = Counter()


def content_type(openmetrics: bool = False) -> str:
    """The media type of what :func:`render` returns."""
    return OPENMETRICS if openmetrics else TEXT


def render(
    conn: Connection, *, openmetrics: bool = False, timeout: float = TIMEOUT, hub: HubState | None = None
) -> bytes:
    """The metrics of the database behind ``conn``, within ``timeout`` seconds, and of a ``hub``.

    What is missing is said by ``lifecycle_scrape_success`` and ``lifecycle_scrape_errors_total``, a database
    that is gone by ``lifecycle_up`` 0. Raises :class:`~pydb.errors.UsageError` without the extra.
    """
    return scrape(conn, openmetrics=openmetrics, timeout=timeout, hub=hub)[0]


def scrape(
    conn: Connection, *, openmetrics: bool = False, timeout: float = TIMEOUT, hub: HubState | None = None
) -> tuple[bytes, list[str]]:
    """As :func:`render`, and the names of the collectors that are missing."""
    rows, missing, is_up = _collect(conn, time.monotonic() + timeout)
    rows += _of_program(conn, is_up=is_up and "build" not in missing)
    rows += [_row("lifecycle_up", {}, int(is_up)), *_counted(), *_followed(hub)]
    return _text(rows, openmetrics), missing


def down(*, openmetrics: bool = False, hub: HubState | None = None) -> bytes:
    """What there is to say of a database that cannot be reached: that it is not up; and what a hub knows."""
    _errors["connection"] += 1
    return _text([_row("lifecycle_up", {}, 0), *_counted(), *_followed(hub)], openmetrics)


def write(path: Path, text: bytes) -> None:
    """Write a textfile for node_exporter in one step: who reads it finds the old one or the new one whole."""
    import os
    import tempfile

    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                os.fchmod(file.fileno(), 0o644)  # another account reads it
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise UsageError(f"cannot write {path}", detail=error.strerror or str(error)) from None


def _collect(conn: Connection, deadline: float) -> tuple[list[Row], list[str], bool]:
    from pydb import db

    rows: list[Row] = []
    missing: list[str] = []
    collectors: list[str] = ["connection"]
    try:
        with db.bounded(conn, max(deadline - time.monotonic(), 0.001)):
            collectors = cast("list[str]", db.call_value(conn, "pydb_internal.metric_collectors"))
        for collector in collectors:
            left = deadline - time.monotonic()
            try:
                if left <= 0:
                    raise TimeoutError
                with db.bounded(conn, left):
                    found = db.read(conn, "metrics", collector=collector)
            except (PydbError, TimeoutError) as error:
                if isinstance(error, DatabaseUnavailable):
                    raise
                found = [_row("lifecycle_scrape_success", {"collector": collector}, 0)]
            rows += found
            if any(row["name"] == "lifecycle_scrape_success" and row["value"] == 0 for row in found):
                missing.append(collector)
    except DatabaseUnavailable:
        rows = []
        missing = collectors
    except PydbError:  # no pydb here, or no right to it
        missing = collectors
    _errors.update(missing)
    return rows, missing, bool(rows)


def _of_program(conn: Connection, *, is_up: bool) -> list[Row]:
    from pydb.health.doctor import of_program

    if not is_up:
        return []
    said = of_program(conn)
    if said.status == "unknown":
        return []
    return [
        _row("lifecycle_migration_pending", {}, int(said.reason_code == "behind")),
        _row("lifecycle_migration_database_ahead", {}, int(said.reason_code == "newer")),
    ]


def _counted() -> list[Row]:
    return [
        _row("lifecycle_scrape_errors_total", {"collector": name}, count) for name, count in _errors.items()
    ]


def _followed(hub: HubState | None) -> list[Row]:
    if hub is None:
        return []
    reasons = dict.fromkeys(("refused", "slow", "timeout"), 0) | hub.dropped
    return [
        _row("lifecycle_event_followers", {}, hub.subscribers),
        *(
            _row("lifecycle_event_followers_dropped_total", {"reason": reason}, count)
            for reason, count in reasons.items()
        ),
    ]


def _row(name: str, labels: Mapping[str, str], value: float) -> Row:
    return {"name": name, "type": None, "help": None, "labels": dict(labels), "value": value}


def _text(rows: Iterable[Row], openmetrics: bool) -> bytes:
    try:
        from prometheus_client import exposition
        from prometheus_client.openmetrics import exposition as open_exposition
        from prometheus_client.registry import Collector, CollectorRegistry
    except ImportError as error:
        raise UsageError(
            "metrics need prometheus-client",
            detail=str(error),
            hint="in pydb's source tree: pip install '.[metrics]'",
        ) from None

    class Found(Collector):
        def collect(self) -> Iterator[Metric]:
            return iter(families)

        def describe(self) -> Iterator[Metric]:
            return iter(())

    families = _families(rows)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Found())
    if openmetrics:
        return cast("bytes", open_exposition.generate_latest(registry))  # type: ignore[no-untyped-call]
    return exposition.generate_latest(registry)


def _families(rows: Iterable[Row]) -> list[Metric]:
    """The samples by their metric, each once, sorted by name."""
    from prometheus_client.core import Metric

    from pydb import __version__

    known = {name: (kind, text) for name, kind, _, text in ADDED}
    known["lifecycle_scrape_success"] = (
        "gauge",
        "1 = the collector gave all it has; 0 = its metrics are missing.",
    )
    rows = list(rows)
    for row in rows:
        if row["type"] is not None:
            known[_family(str(row["name"]), str(row["type"]))] = (str(row["type"]), str(row["help"]))
    families: dict[str, Metric] = {}
    for row in sorted(rows, key=lambda row: str(row["name"])):
        name = str(row["name"])
        base = _family(name, "histogram") if name not in known else name
        kind, text = known[base]
        # a counter is called by its name without the ending, which its samples have
        family = families.setdefault(base, Metric(base.removesuffix("_total"), text, kind))
        labels = {key: str(value) for key, value in cast("Mapping[str, object]", row["labels"]).items()}
        if name == "lifecycle_build_info":
            labels = {"version": __version__, **labels}
        family.add_sample(name, labels, float(str(row["value"])))
    for family in families.values():
        if family.type == "histogram":
            family.samples.sort(key=_place)
    return list(families.values())


def _family(name: str, kind: str) -> str:
    if kind == "histogram":
        for suffix in _SUFFIXES:
            name = name.removesuffix(suffix)
    return name


def _place(sample: object) -> tuple[str, int, float]:
    """The order of the samples of a histogram: of each its buckets from below, then sum and count."""
    name, labels = cast("tuple[str, dict[str, str]]", cast("tuple[object, ...]", sample)[:2])
    rest = repr(sorted((key, value) for key, value in labels.items() if key != "le"))
    return rest, _SUFFIXES.index(name[name.rindex("_") :]), float(labels.get("le", "0"))
