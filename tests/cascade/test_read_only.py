"""A session that may not write is told who says so and what to type, before the server refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.cascade.site import Site

CALLS: Final = {
    "delete": """select pydb.cascade_delete('shop.customer', '[{"id": 1}]', '{"*": "delete"}')""",
    "request": """select pydb.cascade_request('shop.customer', '[{"id": 1}]', '{"*": "delete"}')""",
    "approve": "select pydb.cascade_approve(1)",
    "cancel": "select pydb.cascade_cancel(1)",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_routine_that_writes_says_it(site: Site, call: str) -> None:
    site.shop()
    site.request()
    dbname = site.value("select current_database()")
    site.do(f"alter database {dbname} set default_transaction_read_only = on")
    session = site.session()
    with refused("YD007") as refusal:
        session.execute(call.encode())
    assert "default of the database" in refusal.detail
    # the hint can be typed
    session.execute(refusal.hint.encode())
    with session.transaction(force_rollback=True):
        if call is CALLS["approve"]:  # by the one who requested it
            with refused("YD306"):
                session.execute(call.encode())
        else:
            session.execute(call.encode())
    session.execute("set default_transaction_read_only = on")
    with refused("YD007") as refusal:
        session.execute(call.encode())
    assert "session" in refusal.detail
    session.execute("set default_transaction_read_only = off")
    with refused("YD007") as refusal, session.transaction():
        session.execute("set transaction read only")
        session.execute(call.encode())
    assert "begun" in refusal.detail
    assert "begin read write" in refusal.hint
    assert site.counts() == (3, 5, 10, 5)


def test_a_draft_of_any_kind(site: Site) -> None:
    site.shop()
    site.do("set default_transaction_read_only = on")
    for call in (
        "select pydb.entity_set('customer', 'shop.customer')",
        "select pydb.retention_policy_set('p', 'shop.customer', 'id', '30 days', p_time_unit => 's')",
    ):
        with refused("YD007"):
            site.do(call)
