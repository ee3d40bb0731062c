"""What a plan does not follow and might have: columns that look like references and are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import Lab

if TYPE_CHECKING:
    from tests.conftest import Connection, RoleFactory


@pytest.fixture
def lab(db: Connection) -> Lab:
    made = Lab(db)
    made.do(
        """create schema if not exists shop; create schema far;
        create table shop.customer (id int primary key);
        create table shop.orders (id int primary key,
            customer_id int references shop.customer on delete cascade, made_by int references shop.customer);
        insert into shop.customer select generate_series(1, 10);
        insert into shop.orders select i, i from generate_series(1, 10) as i;
        create index on shop.orders (customer_id); create index on shop.orders (made_by)"""
    )
    return made


def said(lab: Lab, root: str = "shop.customer") -> list[str]:
    lines: list[str] = []
    lab.db.add_notice_handler(
        lambda diagnostic: (
            lines.append(diagnostic.message_primary or "") if diagnostic.sqlstate == "YD309" else None
        )
    )
    lab.do(f"""select pydb.cascade_plan('{root}', '[{{"id": 7}}]')""")
    return lines


@pytest.mark.parametrize(
    ("columns", "fill", "share"),
    [
        ("customer_id int", "select 1 + i % 10 from generate_series(1, 100) as i", "100 %"),
        ('"customerId" bigint', "select i from generate_series(1, 16) as i", "63 %"),
        ("customer_id int", None, ""),
        ("made_by int", "select 3", "100 %"),  # as others call it
        ("orders_id int", "select 3", "100 %"),  # to a table that loses rows as well
    ],
)
def test_a_column_that_looks_like_a_reference_is_named(
    lab: Lab, columns: str, fill: str | None, share: str
) -> None:
    lab.do(f"create table shop.note (id int generated always as identity, {columns})")
    if fill:
        name = columns.split(maxsplit=1)[0]
        lab.do(f"insert into shop.note ({name}) {fill}")
    (line,) = said(lab)
    assert "shop.note" in line
    assert ("% of its keys" in line) is bool(share)
    assert share in line


@pytest.mark.parametrize(
    "table",
    [
        "create table shop.note (customer_id text)",
        "create table shop.note (customer_id int references shop.customer on delete cascade)",
        "create table shop.note (customer int)",
        "create table far.note (customer_id int)",
        "create table shop.note (customer_id int); insert into shop.note values (1), (77), (78)",
        "create temporary table note (customer_id int)",
        """create table shop.note (customer_id int);
            select pydb.reference_set('shop.note', '{customer_id}', 'shop.customer', '{id}')""",
        """create table shop.person (id int primary key);
            create table shop.a (made_by int references shop.person);
            create table shop.note (made_by int)""",
    ],
)
def test_what_is_followed_or_only_sounds_alike_is_not(lab: Lab, table: str) -> None:
    lab.do(table)
    assert said(lab) == []


def test_a_table_that_cannot_be_read_is_named_without_a_share(lab: Lab, role: RoleFactory) -> None:
    reader = role("reader")
    lab.do(
        f"""create table shop.note (customer_id int); insert into shop.note values (1);
        grant usage on schema shop, pydb, pydb_internal to {reader};
        grant select on shop.customer, shop.orders, pydb.entity, pydb.reference, pydb.setting to {reader};
        grant execute on all functions in schema pydb, pydb_internal to {reader}; set role {reader}"""
    )
    (line,) = said(lab)
    lab.do("reset role")
    assert "shop.note" in line
    assert "%" not in line
