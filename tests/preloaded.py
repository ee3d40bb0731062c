"""Everything that a command may import, for the process that forks commands (tests/forked.py).

A help text and a table are made once, because the libraries below import what they need for them only then;
and the parameters of all commands are read from their signatures once, which takes longer than most of them.
"""

from __future__ import annotations

import contextlib
import gc
import io
import signal
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

import typer
import typer.main

import pydb

for module in walk_packages(pydb.__path__, "pydb."):
    if module.name != "pydb.__main__" and not module.name.startswith("pydb.asgi"):
        import_module(module.name)
for name in (
    "alembic.command",
    "prometheus_client.openmetrics.exposition",
    "psycopg",
    "rich.table",
    "sqlalchemy.dialects.postgresql.psycopg",
    "typer._adapters",  # with which it reads a list of choices
):
    import_module(name)
import_module("pydantic").TypeAdapter(bool)  # the first one looks for plugins

names = vars(typer.main)
names["get_params_from_function"] = cache(names["get_params_from_function"])
handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    from pydb.cli import COMMANDS, main

    main(["retention", "plan", "--help"])
    for command in COMMANDS:
        typer.main.get_command(import_module(f"pydb.cli.{command}").app)
for number, handler in handlers.items():
    signal.signal(number, handler)
# so that a fork does not copy every page at its first collection
gc.collect()
gc.freeze()
