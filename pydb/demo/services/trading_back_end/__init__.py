"""Trading back end: tunings that retries do not repeat, three prunes a night, a silent model, events.

``application`` is what is served, ``tuning`` and ``streaming`` are its clients, ``night`` the prunes,
``model`` a language model that stalls, ``desk`` the page with its token and its rates.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydb import db
from pydb.demo.screen import rows, seconds
from pydb.demo.services.serving import alive
from pydb.demo.services.stage import script
from pydb.demo.services.trading_back_end import desk, model, night, streaming, tuning
from pydb.demo.services.trading_back_end.application import Backend

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage


def prove(stage: Stage) -> None:
    """Everything, through one application that is really served."""
    with db.connect(stage.dsn) as conn:
        _load(conn, stage)
        night.set_up(conn)
        with model.serving() as llm:
            backend = Backend(stage.dsn, llm.url, desk.token_file(stage.folder))
            with alive(backend.application(), graceful=3) as http:
                url = str(http.base_url).rstrip("/")
                tuning.prove(conn, stage, url)
                with desk.client(url) as client:
                    night.prove(conn, stage, client)
                model.prove(conn, stage, url)
                streaming.prove(conn, stage, url)
                desk.prove(stage, url)


def _load(conn: db.Connection, stage: Stage) -> None:
    stage.screen.step("Trades, jobs and matches")
    started = time.monotonic()
    db.run_script(conn, script(__file__, "schema.sql"))
    db.run_query(conn, script(__file__, "data.sql"), rows=stage.rows)
    db.run_script(conn, script(__file__, "indexes.sql"))
    loaded = sum(int(str(row["rows"])) for row in night.counts(conn).values())
    stage.screen.say(f"{rows(loaded)} in 3 tables, {seconds(time.monotonic() - started)}")
