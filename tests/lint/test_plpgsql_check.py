"""plpgsql_check on every PL/pgSQL routine, all warnings on, nothing let through but what is listed here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from pydb import sources

if TYPE_CHECKING:
    from tests.conftest import Connection


class Finding(NamedTuple):
    """One row of plpgsql_check_function_tb."""

    routine: str
    level: str
    text: str


CHECK: Final = """
    select p.proname, c.level, concat_ws(' | ', c.lineno, c.statement, c.message, c.detail)
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'
    left join (
        select distinct g.tgfoid, g.tgrelid from pg_catalog.pg_trigger as g where not g.tgisinternal
    ) as g
        on g.tgfoid = p.oid
    cross join lateral plpgsql_check_function_tb(
        p.oid, coalesce(g.tgrelid, 0), fatal_errors => false, other_warnings => true, extra_warnings => true,
        performance_warnings => true, security_warnings => true, compatibility_warnings => true
    ) as c
    where p.pronamespace = any(%s::regnamespace[])
"""
CONDITION: Final = "runs a condition that pydb composed by format() from names, constants and a vetted filter"
NAMES: Final = "names of columns, types and operators from the catalog, by format()"
# (routine, level, pattern): why it is right as it is
ALLOWED: Final = {
    (".*", "performance", 'cast "integer" value to "bigint" type'): "small constants",
    (".*", "performance", "cannot to determine volatility of used dynamic SQL"): "the tool cannot know",
    ("archive_doubles", "security", "not sanitized"): NAMES,
    ("archive_one_by_one", "warning extra", "is not single argument"): "two of them",
    ("archive_open", "security", "not sanitized"): NAMES,
    ("archive_shut", "security", "not sanitized"): NAMES,
    ("archive_span", "security", "not sanitized"): NAMES,
    ("archive_put", "security", "not sanitized"): NAMES,
    ("cascade_execute", "security", "not sanitized"): "names of relations, and oids",
    ("cascade_job_queue", "warning", "cannot determinate a result"): "three columns, as the chunk has",
    ("archive_import_open", "security", "not sanitized"): NAMES,
    ("archive_export_evade", "warning extra", "unused parameter"): "a hook; there is no way around",
    (
        "governor_(archive|disk|oldest|replication|slot)_.*",
        "warning extra",
        "unused parameter",
    ): "an indicator",
    ("governor_disk_used", "performance", "should be IMMUTABLE"): "an indicator, and none of them is",
    ("governor_ask", "security", "not sanitized"): "the name of a function that was resolved and vetted",
    ("governor_ask", "warning", "cannot determinate a result"): "its type was looked at",
    ("orphan_effects_below", "security", "not sanitized"): NAMES,
    ("cascade_heir_rows", "security", "not sanitized"): NAMES,
    ("cascade_traverse_deep", "security", "not sanitized"): NAMES,
    ("cascade_default_problem", "security", "not sanitized"): NAMES,
    ("cascade_late_rows", "security", "not sanitized"): NAMES,
    ("cascade_edge_rows", "security", "not sanitized"): NAMES,
    ("cascade_root_rows", "security", "not sanitized"): NAMES,
    ("cascade_set_problem", "security", "not sanitized"): CONDITION,
    ("hold_names_of", "security", "not sanitized"): CONDITION,
    ("orphan_held_rows", "security", "not sanitized"): CONDITION,
    ("erasure_hashes", "security", "not sanitized"): NAMES,
    ("erasure_keys", "security", "not sanitized"): CONDITION,
    ("erasure_scan", "security", "not sanitized"): CONDITION,
    ("orphan_apply", "security", "not sanitized"): CONDITION,
    ("orphan_kept_rows", "security", "not sanitized"): CONDITION,
    ("orphan_refused_rows", "security", "not sanitized"): CONDITION,
    ("orphan_ring", "security", "not sanitized"): CONDITION,
    ("orphan_apply_rows", "security", "not sanitized"): CONDITION,
    ("orphan_effects", "security", "not sanitized"): CONDITION,
    ("orphan_close_try", "security", "not sanitized"): "one of the two statements of orphan_close_plan",
    ("orphan_count_piece", "security", "not sanitized"): CONDITION,
    ("orphan_repair_chunks", "security", "not sanitized"): CONDITION,
    ("orphan_restore_rows", "security", "not sanitized"): "names of columns and of the table",
    ("retention_delete_cascade", "security", "not sanitized"): CONDITION,
    ("telemetry_recent", "security", "not sanitized"): NAMES,
    ("retention_cascade_plan", "security", "not sanitized"): CONDITION,
    ("retention_circles", "security", "not sanitized"): CONDITION,
    ("relation_renamed", "security", "not sanitized"): NAMES,
    ("retention_measure", "security", "not sanitized"): CONDITION,
    ("retention_partition_verdict", "security", "not sanitized"): CONDITION,
    ("filter_check", "security", "not sanitized"): "runs a filter that was judged by its names",
    (
        "filter_understood",
        "security",
        "not sanitized",
    ): "plans a filter that was judged by its names",
    ("retention_check_unit", "security", "not sanitized"): CONDITION,
    ("retention_check_values", "security", "not sanitized"): CONDITION,
    ("retention_time_hint", "security", "not sanitized"): NAMES,
    ("retention_watermark", "security", "not sanitized"): CONDITION,
    ("retention_undo", "performance", "should be IMMUTABLE"): "it raises when it is called, not when planned",
    ("retention_partition_referenced", "security", "not sanitized"): CONDITION,
    ("run_call", "warning", "cannot determinate a result"): "a hook; tests/lint holds it to its signature",
    ("run_terms_of", "warning", "cannot determinate a result"): "a hook, as above",
    ("run_series", "warning", "too many attributes for target"): "takes one composite for its many columns",
    ("run_drive", "warning extra", "is not single argument"): "it is the only one",
    ("retention_cursor", "warning extra", "is not single argument"): "three of them, each of a type of ours",
    ("archive_top", "performance", "should be IMMUTABLE"): "tables are attached, and detached",
    ("retention_archive", "security", "not sanitized"): CONDITION,
    ("retention_delete", "security", "not sanitized"): CONDITION,
    ("retention_delete_rows", "security", "not sanitized"): CONDITION,
    ("retention_chosen", "security", "not sanitized"): CONDITION,
    ("retention_row_(rule|reasons)", "security", "not sanitized"): CONDITION,
    ("retention_effect_warnings", "security", "not sanitized"): CONDITION,
    ("retention_range", "security", "not sanitized"): CONDITION,
    ("retention_save_copy", "security", "not sanitized"): NAMES,
    ("retention_together_remove", "security", "not sanitized"): "names of relations, and counts",
    ("retention_turn", "security", "not sanitized"): CONDITION,
    ("schedule_subjects", "security", "not sanitized"): "one schema.routine, by a constraint of its table",
    ("schedule_sync", "security", "not sanitized"): "runs what schedule_actions composed by format()",
    ("reference_check_types", "security", "not sanitized"): "names of types and operators from the catalog",
    ("reference_measure", "security", "not sanitized"): "names of tables and operators from the catalog",
    ("relation_problem", "error", "pg_dist_partition"): "asked only where Citus is",
    ("relation_is_hypertable", "error", "_timescaledb_catalog"): "asked only where TimescaleDB is",
    ("retention_chunk_(drop|stretch)", "security", "not sanitized"): "what retention_chunk_place formatted",
    ("retention_chunk_.*", "error", "timescaledb_information"): "asked only where TimescaleDB is",
}


def check(connection: Connection, *schemas: str) -> list[Finding]:
    return [Finding(*row) for row in connection.execute(CHECK, [list(schemas)]).fetchall()]


def allowance(finding: Finding) -> tuple[str, str, str] | None:
    for key in ALLOWED:
        routine, level, pattern = key
        if (
            level == finding.level
            and re.fullmatch(routine, finding.routine)
            and re.search(pattern, finding.text)
        ):
            return key
    return None


@pytest.fixture(scope="module")
def found(checked_db: Connection) -> list[Finding]:
    checked_db.execute("set plpgsql.extra_errors = 'all'")
    return check(checked_db, *sources.SCHEMAS)


def test_no_routine_has_a_finding(found: list[Finding]) -> None:
    assert [finding for finding in found if allowance(finding) is None] == []


def test_every_allowance_is_still_needed(found: list[Finding]) -> None:
    assert {allowance(finding) for finding in found} - {None} == set(ALLOWED)


def test_every_trigger_function_was_checked_with_a_table(checked_db: Connection) -> None:
    unused = checked_db.execute(
        "select p.proname from pg_catalog.pg_proc as p"
        " where p.pronamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        " and p.prorettype = 'trigger'::regtype"
        " and not exists (select from pg_catalog.pg_trigger as g where g.tgfoid = p.oid)"
    ).fetchall()
    assert unused == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("begin return (select misspelt from pydb.job_run limit 1); end", "misspelt"),
        ("declare v_unused integer; begin return 1; end", "unused variable"),
        ("begin perform 1; end", "without RETURN"),
        ("begin execute $$select $$ || p_name; return 1; end", "not sanitized"),
        ("declare v_a integer := 1.5::numeric; begin return v_a; end", "Hidden casting|different type"),
    ],
)
def test_a_faulty_routine_is_found(checked_db: Connection, body: str, text: str) -> None:
    checked_db.execute("drop schema if exists faulty cascade")
    checked_db.execute("create schema faulty")
    checked_db.execute("set check_function_bodies = off")
    checked_db.execute(
        f"create function faulty.f(p_name text default null) returns integer language plpgsql as '{body}'"
    )
    assert [finding for finding in check(checked_db, "faulty") if re.search(text, finding.text)]


def test_the_sources_load_with_their_bodies_checked_and_extra_errors(db: Connection) -> None:
    db.execute("set search_path = pg_catalog, pg_temp")
    db.execute("set plpgsql.extra_errors = 'all'")
    db.execute("set check_function_bodies = on")
    for path in sources.load_order():
        if path.name != sources.TABLES:
            db.execute(path.read_bytes())
