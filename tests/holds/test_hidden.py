"""What a hold keeps stays where row-level security hides what says so: the delete is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.holds.conftest import place, policy
from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory


@pytest.fixture
def clerk(lab: Lab, connect: Connect, role: RoleFactory) -> Connection:
    """A login that may delete everything, and from which customers of a held tenant are hidden."""
    name = role("clerk")
    lab.do(
        f"""create table note (id int primary key, customer_id int, at timestamptz);
        insert into note select i, 1 + i % 6, '2024-06-01' from generate_series(1, 12) as i;
        select pydb.reference_set('note', '{{customer_id}}', 'customer', '{{id}}', 'cascade');
        grant usage on schema public, pydb to "{name}";
        grant select, delete, update on all tables in schema public to "{name}";
        grant select, insert, update on all tables in schema pydb to "{name}";
        grant execute on all routines in schema pydb, pydb_internal to "{name}";
        grant usage on schema pydb_internal to "{name}";
        alter table customer enable row level security;
        create policy one on customer using (tenant_id = 1)"""
    )
    place(lab, "case 7", "customer", None, "tenant_id = 2")
    return connect(user=name)


def test_rows_held_by_what_a_login_cannot_see_stay(lab: Lab, clerk: Connection) -> None:
    tables = ("customer", '"Bestellung ä"', "note", "item")
    before = [lab.number(f"select count(*) from {table}") for table in tables]
    for name, table in (("orders", '"Bestellung ä"'), ("notes", "note"), ("customers", "customer")):
        policy(lab, name, table)
        with refused("YD111") as said:
            clerk.execute(f"call pydb.retention_run('{name}')")
        assert "row-level security" in said.message
        assert "customer" in said.message
        with refused("42501"):
            clerk.execute(f"select * from pydb.retention_batch('{name}')")
    for table, keys in (
        (tables[1], '{"id": 1}'),
        ("note", '{"id": 1}'),
        ("item", '{"order_id": 1, "No": 1}'),
    ):
        with refused("42501"):
            clerk.execute(f"select * from pydb.cascade_delete('{table}', '{keys}')")
    with refused("YD005"):
        clerk.execute("""select * from pydb.cascade_delete('customer', '{"id": 2}')""")
    assert [lab.number(f"select count(*) from {table}") for table in tables] == before
    assert lab.rows("select distinct state, sqlstate from pydb.job_run") == [("blocked", "42501")]
