"""Any values, through the archive and back: the same bytes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.archive.lab import OLD

if TYPE_CHECKING:
    from tests.archive.lab import Lab

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
ROW = st.tuples(
    TEXT | st.none(),
    st.binary(max_size=4000) | st.none(),
    st.decimals(-(10**30), 10**30) | st.sampled_from([Decimal("NaN"), Decimal("Infinity"), None]),
    st.floats(),
    st.lists(TEXT | st.none(), max_size=3),
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    st.text("ab ", max_size=5),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=1, max_size=8))
def test_what_goes_in_comes_back(lab: Lab, rows: list[tuple[object, ...]]) -> None:
    lab.do(
        """drop table if exists public.t; create table public.t (
            id int generated always as identity, at timestamptz, a text, b bytea, c numeric, d float8,
            e text[], f jsonb, g char(5), h text generated always as (upper(a)) stored
        )"""
    )
    for a, b, c, d, e, f, g in rows:
        lab.db.execute(
            f"insert into public.t (at, a, b, c, d, e, f, g) values ('{OLD}'{', %s' * 7})".encode(),
            (a, b, c, d, e, json.dumps(f), g),
        )
    before = lab.bytes()
    lab.archives()
    assert lab.prune_into_archive() == len(rows)
    assert sum(step.restored for step in lab.restore().values()) == len(rows)
    assert lab.bytes() == before
