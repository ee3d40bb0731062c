"""A short form of the soak: see tests/events/soak.py."""

from __future__ import annotations

import pytest

from tests.events.soak import Form, Soak
from tests.servers import MissingServerError, TestServer


@pytest.mark.timeout(240)
def test_each_reader_gets_each_event_once_in_one_order_whatever_dies(mortal_name: str) -> None:
    settings: dict[str, str | int | bool] = {"synchronous_commit": True, "max_connections": 60}
    form = Form(seconds=9, writers=12, readers=32, pause=0.4, kill_every=2.0, restarts=1)
    try:
        with TestServer(mortal_name, settings) as server, server.database(migrated=True) as database:
            outcome = Soak(server, database.dsn, form).run()
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    assert outcome.faults == []
    assert outcome.events > 100
    assert outcome.rolled_back > 10
    assert outcome.kills >= 2
    assert outcome.connections > 80
