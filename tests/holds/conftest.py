"""The workbench of the tests of holds: customers, their orders, the items of these, and what others need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connection

SHOP: Final = """
create table customer (id int primary key, at timestamptz, tenant_id int);
create table "Bestellung ä" (id int primary key, customer_id int references customer on delete cascade,
    at timestamptz, tenant_id int);
create index on "Bestellung ä" (customer_id);
create table product (id int primary key, at timestamptz);
create table item (order_id int references "Bestellung ä" on delete cascade, "No" int, at timestamptz,
    product_id int references product on delete cascade, primary key (order_id, "No"));
create index on item (product_id);
insert into customer select i, '2024-06-01', i % 3 from generate_series(1, 6) as i;
insert into "Bestellung ä" select i, 1 + i % 6, '2024-06-01', i % 4 from generate_series(1, 24) as i;
insert into product select i, '2024-06-01' from generate_series(1, 12) as i;
insert into item select i, n, '2024-06-01', 1 + i % 12
from generate_series(1, 24) as i, generate_series(1, 2) as n;
"""
PLACE: Final = "select (pydb.hold_place(%s, %s, %s, %s, %s, %s)).id"


@pytest.fixture
def lab(db: Connection) -> Lab:
    made = Lab(db)
    made.do(SHOP)
    return made


def place(lab: Lab, name: str, *rows: str | None) -> object:
    """Place a hold; ``rows``: table, keys, filter, tenant."""
    return lab.one(PLACE, name, *rows, *[None] * (4 - len(rows)), "a court asked")


def policy(lab: Lab, name: str, table: str, **more: object) -> None:
    """Set a policy that takes all rows, however many these are."""
    extra = "".join(f", {key} => {value}" for key, value in more.items())
    lab.rows(
        f"select pydb.retention_policy_set(%s, %s, 'at', '30 days', p_fuse_share => 1{extra})", name, table
    )


def run(lab: Lab, call: str, *sqlstates: str) -> tuple[object, ...]:
    """Run something that commits; how its last run ended: state, reason, rows done, rows skipped, holds."""
    if sqlstates:
        with refused(*sqlstates):
            lab.do(call)
    else:
        lab.do(call)
    (row,) = lab.rows("""select state, stop_reason, rows_done, rows_skipped, detail -> 'holds'
        from pydb.job_run order by id desc limit 1""")
    return row
