"""The workbench of the orphan tests."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.orphans.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lab(dsn: str) -> Iterator[Lab]:
    """Scans and repairs in a fresh database with pydb in it."""
    with contextlib.closing(Lab(dsn)) as made:
        yield made


@pytest.fixture
def shop(lab: Lab) -> Lab:
    """``app.parent`` 1 to 10; ``app.child`` 1 to 100 with ten orphans (1, 11, …), and 101 without a key.

    The reference ``app.child.parent_id_ref`` is logical and says cascade.
    """
    lab.do(
        """create schema if not exists app;
        create table app.parent (id int primary key);
        create table app.child (id int primary key, parent_id int, note text);
        insert into app.parent select i from generate_series(1, 10) as i;
        insert into app.child
        select i, case when i % 10 = 1 then 1000 + i else i % 10 + 1 end, 'n'
            from generate_series(1, 100) as i;
        insert into app.child values (101, null, 'n');
        select pydb.reference_set('app.child', '{parent_id}', 'app.parent', '{id}', 'cascade')"""
    )
    lab.old()
    return lab
