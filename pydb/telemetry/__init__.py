"""Telemetry of an application in tables of its own: requests, mutations, jobs.

    select pydb.telemetry_create('telemetry');          -- once: tables, views, retention

    from pydb.telemetry import TelemetryMiddleware, Writer

    writer = Writer(dsn, service="shop")                # a thread that writes by COPY
    app.add_middleware(TelemetryMiddleware, writer=writer)          # ASGI: FastAPI, Starlette, Litestar
    app.wsgi_app = TelemetryWSGIMiddleware(app.wsgi_app, writer)    # WSGI: Flask, Django

    with writer.running("nightly report", 42):
        ...

Who records waits for nothing: what is kept in memory is bounded, what finds no room is dropped and counted
(:meth:`Writer.counts`). Ordinary requests are sampled at a rate from the environment
(``PYDB_TELEMETRY_RATE``); errors and slow requests are all kept, and each row says with which probability.
:class:`RouteRegistry` compares at start what the application is meant to serve with what it does serve.
"""

from __future__ import annotations

from pydb.telemetry.metrics import collector
from pydb.telemetry.middleware import TelemetryMiddleware
from pydb.telemetry.registry import Mismatch, Probe, Route, RouteRegistry
from pydb.telemetry.writer import Counts, Writer
from pydb.telemetry.wsgi import TelemetryWSGIMiddleware

__all__ = [
    "Counts",
    "Mismatch",
    "Probe",
    "Route",
    "RouteRegistry",
    "TelemetryMiddleware",
    "TelemetryWSGIMiddleware",
    "Writer",
    "collector",
]
