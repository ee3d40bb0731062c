"""Every place below sql/ that runs text that it was not written with, and why nobody's code gets in there.

A new EXECUTE needs a line here: what its text is made of, and what keeps it from running as one role what
another one wrote.
"""

from __future__ import annotations

import re
from typing import Final

from tests.lint import sqltree

NAMES: Final = "names of tables and columns from the catalog, by format()"
KEYS: Final = (
    "names from the catalog, the key's own operators with their schemas; key_match refuses a cast by a "
    "function whose owner could not become this role; a reference's condition is reference_edge_condition's"
)
FILTER: Final = (
    "a filter of a policy, after retention_check_author: its author could become this role, and what it "
    "names is PostgreSQL's own, a superuser's extension's or an enum's; beside it: " + KEYS
)
RULES: Final = (
    "columns of the table and of a mapping table, which is an ordinary one, of types that run nobody's code: "
    "retention_check_rules; beside them: " + FILTER
)
OWN: Final = "text of pydb's own, with literals by format()"
TIMESCALE: Final = (
    "views and functions only where they belong to TimescaleDB: retention_chunk_is_served, and "
    "retention_chunk_routine once more within the call; beside them typed constants, by format()"
)
HOOK: Final = "a routine of pydb's own, by its name in run_kind, which only the schema's owner writes"
HELD: Final = (
    "conditions of hold_rule_of: literals by format(), filters after filter_check_stored, whose author "
    "could become this role; beside them: " + KEYS
)
EXECUTES: Final[dict[str, tuple[int, str]]] = {
    "archive_import_open": (1, NAMES),
    "archive_import_parts": (1, NAMES),
    "archive_import_same": (2, "operators of the key that object_is_trusted let through; " + NAMES),
    "archive_export_rows": (
        1,
        "as the owner: an archive's own name; places and versions are parameters; without filters " + HELD,
    ),
    "archive_fit": (1, NAMES),
    "archive_doubles": (1, "the index's own operators with their schemas; " + NAMES),
    "archive_keep_all": (1, NAMES),
    "archive_keep_back": (1, NAMES),
    "archive_obstacle": (1, NAMES),
    "archive_one_by_one": (1, NAMES),
    "archive_orphans": (1, KEYS),
    "archive_open": (1, "a lock; " + NAMES),
    "archive_parts": (1, NAMES),
    "archive_purge_rows": (
        1,
        "as the owner: an archive's own name and numbers of blocks; without filters " + HELD,
    ),
    "archive_shut": (1, "a lock; " + NAMES),
    "archive_span": (1, NAMES),
    "cascade_add_held": (1, HELD),
    "cascade_check_copies": (1, HELD),
    "archive_put": (2, "acts, does not look: an insert as whoever restores; " + NAMES),
    "archive_select": (2, "columns of the key are columns of the archive; " + KEYS),
    "archive_sequences": (1, NAMES),
    "archive_table_store": (6, "as the owner: names and types of columns from the catalog, by format()"),
    "window_users": (1, HOOK),
    "cascade_default_problem": (1, "a default that cascade_default_is_constant let through; " + KEYS),
    "cascade_edge_rows": (1, KEYS),
    "cascade_execute": (1, "deletes the planned rows: acts, does not look; " + NAMES),
    "cascade_execute_native": (1, "deletes the planned rows: acts, does not look; " + NAMES),
    "cascade_heir_rows": (1, KEYS),
    "cascade_job_queue": (1, NAMES),
    "cascade_job_rows": (1, NAMES),
    "cascade_late_rows": (1, "values are read as type_read says; " + KEYS),
    "cascade_copies": (1, "values are read as type_read says; " + KEYS),
    "cascade_purge_parts": (1, NAMES),
    "cascade_purge_rows": (2, NAMES),
    "cascade_purge_take": (1, "as the owner: " + NAMES),
    "cascade_root_rows": (1, "values are read as type_read says; " + KEYS),
    "cascade_rows_to_set": (1, NAMES),
    "cascade_set_problem": (
        1,
        "a constraint's condition, where reference_is_plain says that it calls PostgreSQL's own alone; "
        + KEYS,
    ),
    "cascade_traverse_deep": (1, KEYS),
    "draft_add": (1, "the checks of a kind of drafts: a routine of pydb's own, named kind_vet"),
    "draft_vet": (1, "as draft_add, as the role that inserts"),
    "erasure_hashes": (2, "values are read as type_read says; " + KEYS),
    "erasure_keys": (1, "values are read as type_read says, conditions as cascade_late_rows; " + NAMES),
    "erasure_scan": (1, "values are read as type_read says, conditions as cascade_late_rows; " + NAMES),
    "governor_ask": (
        1,
        (
            "the name of a function whose owner, and whose chooser, could become this role: "
            "governor_function_problem"
        ),
    ),
    "hold_names_of": (1, HELD),
    "hold_read_keys": (1, "values are read as type_read says; " + NAMES),
    "hold_still": (1, HELD),
    "idempotency_prune": (1, "as the owner of the table itself; " + HELD),
    "idempotency_survey": (1, OWN),
    "schedule_failures": (1, OWN + "; reads what extension_relation says is the extension's"),
    "objects_regrant": (1, "GRANT of pydb's own routines, for a migration"),
    "orphan_apply": (3, "acts, does not look; " + KEYS),
    "orphan_apply_rows": (1, KEYS),
    "orphan_close_try": (1, "ALTER TABLE of names from the catalog, as a role that owns the table"),
    "orphan_count_piece": (1, "values are shown as type_read says; " + KEYS),
    "orphan_effects": (1, KEYS),
    "orphan_held_rows": (1, HELD),
    "orphan_effects_below": (1, KEYS),
    "orphan_kept_rows": (1, KEYS),
    "orphan_lock": (1, NAMES),
    "orphan_refused_rows": (2, "as cascade_set_problem; " + KEYS),
    "orphan_repair_chunks": (1, KEYS),
    "orphan_ring": (1, KEYS),
    "orphan_restore_rows": (1, "acts, does not look; " + NAMES),
    "reference_kinds": (1, "values of text and enums, shown by format(); " + NAMES),
    "reference_check_types": (
        1,
        "operators that reference_equality chose; the server plans it and runs nothing",
    ),
    "reference_measure": (2, "operators that reference_equality chose; " + NAMES),
    "reference_warn_type": (1, NAMES),
    "relation_is_hypertable": (1, OWN + "; read only as relation_problem"),
    "relation_problem": (
        1,
        OWN + "; read only where extension_relation says that the table is the extension's",
    ),
    "retention_archive": (2, FILTER),
    "retention_archive_triggered": (1, "under another path than pydb's only names and places"),
    "retention_cascade_plan": (1, FILTER),
    "retention_chunk_bounds": (1, TIMESCALE),
    "retention_chunk_drop": (1, TIMESCALE),
    "retention_chunk_problem": (1, TIMESCALE),
    "retention_chunk_stretch": (1, TIMESCALE),
    "retention_circles": (1, FILTER),
    "filter_check": (1, "a filter that filter_names_problem let through, as its author"),
    "retention_check_unit": (1, "the time column and typed constants, by format()"),
    "retention_check_values": (1, "a filter that filter_check has just let through; " + NAMES),
    "retention_delete": (4, FILTER + "; under another path than pydb's only names and places"),
    "retention_delete_cascade": (2, FILTER),
    "retention_delete_rows": (1, FILTER),
    "retention_chosen": (1, RULES),
    "retention_effect_warnings": (1, FILTER),
    "filter_understood": (1, "a filter that filter_names_problem let through, as its author"),
    "retention_lock": (1, NAMES),
    "relation_renamed": (1, NAMES),
    "retention_rule_lock": (1, NAMES),
    "retention_shut": (2, RULES),
    "retention_held_rows": (1, FILTER),
    "retention_last_survey": (1, RULES),
    "retention_measure": (7, FILTER),
    "retention_null_rows": (1, NAMES),
    "retention_partition_bounds": (1, "bounds as the server writes them, and typed constants, by format()"),
    "retention_partition_finalize": (1, "ALTER TABLE of names from the catalog, as its owner"),
    "retention_partition_held": (1, HELD),
    "retention_set_warnings": (1, "a default that reference_set_values let through; " + FILTER),
    "retention_partition_hurdles": (1, NAMES),
    "retention_partition_lock": (2, NAMES),
    "retention_partition_referenced": (1, KEYS),
    "retention_partition_rows": (1, NAMES),
    "retention_partition_remove": (1, "DROP or ALTER TABLE of names from the catalog, as its owner"),
    "retention_partition_verdict": (1, "typed constants, by format(): such a policy has no filter; " + NAMES),
    "retention_range": (2, "the time column and typed constants, by format(); without the filter"),
    "retention_row_reasons": (4, RULES),
    "retention_row_rule": (2, RULES),
    "retention_save_batch": (1, NAMES),
    "retention_save_copy": (2, NAMES),
    "retention_save_has_rows": (1, NAMES),
    "retention_time_hint": (1, NAMES),
    "retention_together_remove": (1, "counts of relations named by the catalog, and numbers"),
    "retention_total_rows": (1, NAMES),
    "retention_turn": (1, FILTER),
    "retention_verify_foreign": (1, FILTER),
    "retention_watermark": (
        1,
        (
            "a column of a plain table and a filter as FILTER, or a function whose owner, and whose chooser, "
            "could become this role: retention_watermark_problem"
        ),
    ),
    "run_call": (3, HOOK),
    "run_terms_of": (1, HOOK),
    "schedule_cron": (1, OWN + "; read only where extension_relation says that the tables are pg_cron's"),
    "schedule_prune": (1, OWN + "; after schedule_cron"),
    "schedule_subjects": (
        1,
        "one schema.routine, by a constraint of a table that only the schema's owner writes",
    ),
    "schedule_sync": (1, "calls of pg_cron's functions, literals by format(); after schedule_cron"),
    "telemetry_create": (
        3,
        "CREATE of pydb's own text with the name of the schema by format(), as who calls",
    ),
    "telemetry_extend": (
        5,
        "CREATE and ALTER TABLE of names from the catalog, as who may alter the table; " + NAMES,
    ),
    "telemetry_jobs": (1, "a table that telemetry_problem let through: no code of its owner runs"),
    "telemetry_recent": (1, "tables that telemetry_problem let through: no code of their owner runs"),
    "telemetry_requests": (1, "a table that telemetry_problem let through: no code of its owner runs"),
}
# what would run a filter, and so must come behind the check of its author
CHECKED: Final = (
    "retention_plan",
    "retention_check_runner",
    "retention_open",
    "retention_turn",
    "retention_row_explain",
)


def executes(text: str) -> int:
    """How often a body says EXECUTE; not in a comment, a literal or a GRANT."""
    code = re.sub(r"--[^\n]*", "", text)
    return len(re.findall(r"(?m)(?:^\s*|\bin |\bquery |\bopen \w+ for )execute\s", code))


def test_every_execute_has_its_reason() -> None:
    found = {
        name: count for name, file in sqltree.read().routines.items() if (count := executes(file.body)) > 0
    }
    assert found == {name: count for name, (count, _) in EXECUTES.items()}


def test_an_execute_is_counted() -> None:
    assert (
        executes(
            "begin\n    execute 'a'; -- execute\n    for v in execute b loop\n    return query execute c;"
        )
        == 3
    )
    assert executes("'grant execute on x'; -- execute\n    create trigger t execute function f();") == 0


def test_what_runs_a_filter_asks_for_its_author_first() -> None:
    routines = sqltree.read().routines
    for name in CHECKED:
        assert "pydb_internal.retention_check_author(" in routines[name].body, name
    filtering = {name for name, (_, reason) in EXECUTES.items() if reason.startswith(FILTER)}
    for name, file in routines.items():
        # what uses the condition of a policy lies in retention, whose ways in are those above and a cursor
        if "retention_expired_condition(" in file.body or name in filtering:
            assert file.name.startswith("retention/"), name


def test_the_condition_of_a_reference_is_read_by_one_routine_that_asks_for_its_author() -> None:
    """Others compare it, list it, or see whether there is one."""
    others = {
        "cascade_check_edges", "cascade_deletes", "cascade_graph_hash", "hold_is_carried",
        "orphan_close_problem", "orphan_count_piece", "orphan_problem", "orphan_signature",
        "reference_edges_among", "reference_is_conditional", "reference_shape", "retention_references",
        "retention_signature", "reference_stored_command",
    }  # fmt: skip
    routines = sqltree.read().routines
    reading = {
        name
        for name, file in routines.items()
        if re.search(r"(edge|\be|\br|\bm)\)?\.(parent_)?filter\b", re.sub(r"--[^\n]*", "", file.body))
    }
    assert reading - {"reference_edge_condition"} == others
    for name, call in {
        "reference_edge_condition": "reference_check_author(",
        "retention_check_author": "reference_check_author(",
        "reference_check_author": "filter_check_stored(",
    }.items():
        assert f"pydb_internal.{call}" in routines[name].body, name


def test_no_table_of_an_extension_is_found_by_its_name_alone() -> None:
    """What may be named so by anybody is asked for by extension_relation."""
    for name, file in sqltree.read().routines.items():
        code = re.sub(r"--[^\n]*", "", file.body)
        # pydb's own, whose schemas nobody else can make
        assert [
            m for m in re.findall(r"to_reg(?:class|proc)\w*\('([^']*)'", code) if not m.startswith("pydb.")
        ] == [], name
