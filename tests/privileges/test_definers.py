"""Every routine that runs as its owner, and why that gives its caller no more than he may have.

A new one is added here with its reason, or it is not SECURITY DEFINER. The reasons are of a few kinds: the
caller's part was checked as the caller (a draft); EXECUTE is the right, and the routine does nothing but what
its name says; it tells what may be known; it touches only what this very process has opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pydb import sources
from tests.lint import sqltree

if TYPE_CHECKING:
    from tests.privileges.conftest import Field

DRAFT: Final = "takes a draft of this transaction, which a trigger checked as the role that inserted it"
RIGHT: Final = (
    "EXECUTE is the right; its arguments name what is changed and how, and nothing of theirs is executed"
)
TELLS: Final = "changes nothing; tells what every role that has it may know"
OWN: Final = "touches only runs that this process has opened and not closed"
KEYS: Final = "one key by its scope and name; roles of pydb_app share all scopes, as docs/idempotency.md says"
SAFE: Final = {
    "archive_adopt": "gives rows only of files that the same login exported, to a live run of its own",
    "archive_chunk_account": OWN,
    "archive_chunk_add": "adds to a file that this transaction has entered from a draft",
    "archive_chunk_clear": OWN,
    "archive_chunk_next": TELLS + ": places of rows that the same login exported",
    "archive_exporter_end": "ends what the same login has begun",
    "archive_exporter_join": "enters this very process",
    "archive_exporter_of": TELLS + ": what the same login has entered",
    "archive_manifest_store": DRAFT,
    "archive_pending": TELLS + ": files that the same login exported",
    "archive_places": TELLS + ": places of rows that the same login exported",
    "archive_versions": TELLS + ": versions of rows that the same login exported",
    "archive_account": OWN + "; adds to their books, takes nothing away",
    "archive_enroll": OWN + "; the archive is one of pydb.archive_table",
    "archive_forget": OWN + ", which takes rows out: only its books are written here",
    "archive_is_held": TELLS + ": whether a hold keeps a row of a run",
    "archive_keep_set": RIGHT + ": how long an archive keeps its rows, at least a day",
    "archive_export_pending": "files that this login exported, and no other",
    "archive_export_rows": OWN + "; which rows go is what was entered for a verified file of this login",
    "archive_purge_rows": OWN + "; what is due it decides itself, by the server's own clock",
    "archive_shut": OWN + ": locks archives of tables that it names, up to its commit",
    "archive_return": OWN + ", which restore",
    "archive_write_off": RIGHT + ": that rows of an archive which is not there are gone",
    "archive_table_store": DRAFT + "; what it makes is named and typed by the catalog",
    "audit_seal_batch": "seals what is there, as it is; asks nothing of its caller but how many rows",
    "audit_seal_due": "the same, where it is due",
    "audit_verified": "notes only what it found itself",
    "audit_head_text": TELLS + ": the end of a chain of hashes",
    "audit_note": RIGHT + ": a note, entered as such under the login of its caller",
    "audit_say": "six kinds of events that happen with the rights of the caller; notes pid and statement",
    "reference_enter": TELLS + ": nothing, but that a logical reference changed since a snapshot",
    "cascade_approval_store": DRAFT + "; refuses the role that requested, by number",
    "cascade_cancel": RIGHT + "; it only stops something",
    "cascade_job_get": TELLS + ", and locks the row",
    "cascade_job_keys": TELLS,
    "cascade_job_progress": OWN + ", and their jobs",
    "cascade_purge_take": OWN + ", of a job that is for good and may run, with the books in one",
    "cascade_job_start": OWN + "; the job must be due",
    "cascade_job_store": DRAFT + "; plan, terms and hash of the graph are the draft's",
    "cascade_jobs_due": TELLS,
    "cascade_root_terms": TELLS,
    "cascade_receipt": TELLS + ": who, why, counts and combined hashes; no key, no salt",
    "doctor_seal": TELLS + ": how many rows are sealed, and the ids of those that are not what was sealed",
    "degraded_report": RIGHT + "; names of two kinds and numbers, which are only added",
    "event_of_cascade": "a trigger: numbers, names and counts of the row that was just written",
    "event_of_orphans": "a trigger: name and counts of the row that was just written",
    "event_of_policy": "a trigger: name and action of the row that was just written",
    "event_of_run": "a trigger: names, state and counts of the row that was just written",
    "event_prune": "takes away only what is older than the setting, by the server's clock or an earlier one",
    "event_publish": RIGHT + "; topics of pydb's own are refused",
    "event_publish_batch": "publishes what was committed, as it is; asks its caller only how many",
    "event_status": TELLS + ": who holds the stream back",
    "event_watch": "does what is due, at most once a minute",
    "entity_approval_store": DRAFT + "; what is approved is looked up in the catalog",
    "entity_drop": RIGHT,
    "entity_lowered": TELLS + ": names, times and actors of two kinds of events",
    "entity_store": DRAFT,
    "erasure_entries": TELLS + ": only those who erase have it",
    "erasure_finish": "ends only an erasure of this transaction, by a run of this transaction",
    "erasure_salt": TELLS + ": only those who erase have it",
    "erasure_store": DRAFT + "; one out of a file is marked as such",
    "retention_approval_store": DRAFT + "; what is approved is looked up in the catalog",
    "retention_shape_adopt": "notes what the catalog says, only where nothing is noted",
    "guard_admit": "asks nothing of its caller; takes up only what an admin allowed",
    "guard_allow": RIGHT + ": a sentence and a time",
    "guard_check_shape": TELLS + ": how what its caller found differs from what was approved",
    "guard_waiting_problem": TELLS + ": that a policy waits, and for another than whom",
    "guard_differences": TELLS + ": which server and database this is, and was",
    "guard_set": RIGHT + "; what is lowered holds until another has approved it",
    "guard_read": TELLS + ": numbers, the port, and a hash of a path",
    "health_watch": "asks nothing of its caller; writes only what health says",
    "hold_active": TELLS + ": which rows are held, and conditions whose author whoever asks could become",
    "hold_enter": "asks nothing of its caller; says a number, and locks what only a hold waits for",
    "hold_missing": TELLS + ": whether there are holds of names and digests that its caller has",
    "hold_override_store": DRAFT + "; only rows by their keys",
    "hold_release_store": DRAFT,
    "hold_state": TELLS + ": a number, and whether anything is held",
    "hold_store": DRAFT,
    "hold_wake": TELLS + ": numbers of jobs",
    "idempotency_claim": KEYS,
    "idempotency_complete": KEYS + "; needs the token of the claim",
    "idempotency_copy_life": "a trigger: copies the setting that was just changed",
    "idempotency_fail": KEYS + "; needs the token of the claim",
    "idempotency_heartbeat": KEYS + "; needs the token of the claim",
    "idempotency_peek": KEYS,
    "idempotency_prune": "deletes only keys that expired by the server's own clock; takes no p_now",
    "idempotency_reset": RIGHT,
    "idempotency_resolve": RIGHT,
    "idempotency_stats": TELLS,
    "health_cron": TELLS + ": jobs of pydb in pg_cron, and how they went",
    "health_seal": TELLS + ": how many rows are sealed, and the ids of those that are not what was sealed",
    "metric_idempotency": TELLS,
    "metric_standbys": TELLS + ": how far standbys are behind",
    "orphan_part_clear": "takes away only what is older than a whole scan",
    "orphan_part_enter": RIGHT + ": a number and a sample of a part; a scan has the last word",
    "schedule_failures": TELLS + ": how many firings of pydb's jobs failed",
    "schedule_failures_add": "adds what it counts itself; takes nothing",
    "total_batches": OWN + "; adds to totals, and to nothing else",
    "orphan_drop_replaced": "removes a reference only where the catalog has the foreign key that replaces it",
    "orphan_horizon": "adds a mark of now by the server's own clock, once a minute",
    "orphan_quarantine_store": OWN
    + "; the table must be the child of their reference, names and types are looked up",
    "reference_drop": RIGHT,
    "reference_is_conditional": TELLS,
    "reference_logical": TELLS + ": names and columns of references",
    "reference_store": DRAFT,
    "retention_builtin": TELLS,
    "reference_has_silent": TELLS,
    "retention_pause": RIGHT + "; it only stops something",
    "retention_partition_leftovers": TELLS,
    "retention_partition_store": DRAFT
    + "; an end belongs to a run of this process, and only what a policy detached has one",
    "retention_policy_drop": RIGHT,
    "retention_policy_get": TELLS,
    "retention_policy_names": TELLS,
    "retention_policy_store": DRAFT,
    "retention_resume": RIGHT,
    "retention_save_exported": TELLS + ": how many rows went to files",
    "retention_terms": TELLS,
    "run_beat": OWN,
    "run_close": OWN,
    "run_close_interrupted": "closes only what cannot be seen to be alive",
    "run_kind_get": TELLS,
    "run_last": TELLS,
    "run_live": TELLS,
    "run_log_batch": OWN,
    "run_log_done": "one kind of run, a cascade delete of this transaction; notes pid and statement",
    "run_log_plan": OWN,
    "run_log_unstarted": "a run that did nothing: no rows, never completed; notes pid and statement",
    "run_open_within": "as run_open; seen by nobody before its transaction ends",
    "run_open": "opens a run of this process under its login role; notes pid and statement",
    "run_turns": TELLS,
    "schedule_set": RIGHT + "; the procedure is one of pydb.schedule_source",
    "schedule_sources": TELLS,
    "setting_get": TELLS,
    "governor_archive_backlog": TELLS + ": a number of the server",
    "governor_autovacuum": TELLS + ": a number of the server",
    "governor_disk_used": TELLS + ": a number of the server",
    "governor_lock_waiters": TELLS + ": a number of the server",
    "governor_oldest_snapshot": TELLS + ": a number of the server",
    "governor_replication_delay": TELLS + ": a number of the server",
    "governor_replication_lag": TELLS + ": a number of the server",
    "governor_slot_wal": TELLS + ": a number of the server",
    "governor_drop": RIGHT,
    "governor_indicators": TELLS,
    "governor_quiet": TELLS,
    "governor_share": "writes what it asks of the server itself: " + TELLS,
    "governor_store": DRAFT,
    "run_log_governor": OWN,
    "telemetry_forget": RIGHT + "; nothing names it",
    "telemetry_schedules": TELLS + ": schedules, with the names of their schemas",
    "telemetry_store": RIGHT + "; its tables are looked at with the rights of who looks",
    "window_drop": RIGHT + "; nothing names it",
    "window_set": RIGHT + ": hours by name, all of them checked",
    "window_kinds": "a trigger; notes what the windows say",
    "window_users": TELLS + ": names of policies",
    "window_verdict": TELLS,
    "window_within": TELLS,
    "setting_set": RIGHT + "; type and bounds are the setting's, a role is one that the login could become",
}
# static text, or catalogs of extensions; nothing of the caller's is in it
# of an archive: its own name, names and types of columns from the catalog, numbers of blocks, all by format()
TEXT: Final = frozenset(
    {
        "archive_export_rows",
        "archive_purge_rows",
        "archive_shut",
        "cascade_purge_take",
        "archive_table_store",
        # what holds say of the table, as in tests/lint/test_text_that_runs.py
        "idempotency_prune",
        "schedule_sources",
        "schedule_failures",
        # a routine of pydb's own, by its name in run_kind, which only the owner writes
        "window_users",
        # the same, by its name in schedule_source
        "schedule_subjects",
    }
)
# of holds: literals, and filters whose author could become the owner: tests/lint/test_text_that_runs.py
# of telemetry: tables that telemetry_problem let through, so that no code of their owners runs
# of relation_renamed: LOCK of names from the catalog, quoted
CATALOGS: Final = frozenset(
    {
        "hold_names_of",
        "idempotency_survey",
        "relation_problem",
        "relation_renamed",
        "telemetry_jobs",
        "telemetry_recent",
        "telemetry_requests",
    }
)
# what only they may call: it believes its arguments
INNER: Final = frozenset({"audit_add", "erasure_enter", "draft_take", "run_audit", "run_is_own", "run_prune"})


def test_every_routine_that_runs_as_its_owner_has_a_reason(field: Field) -> None:
    found = field.rows(
        "select p.proname from pg_proc as p where p.prosecdef"
        " and p.pronamespace = any(%s::text[]::regnamespace[])",
        list(sources.SCHEMAS),
    )
    assert {name for (name,) in found} == SAFE.keys()


def test_they_pin_their_path_and_execute_no_text(field: Field) -> None:
    tree = sqltree.read()
    for name in SAFE:
        file = tree.routines[name]
        assert file.settings["search_path"] == "pg_catalog, pg_temp", name
        executes = re.findall(r"\bexecute\b(?! function| procedure)", file.body)
        assert not executes or name in TEXT, name
        # nothing below one is called with its rights but by name
        for other in tree.reachable(name):
            body = tree.routines[other].body
            assert "execute format" not in body or other in CATALOGS | TEXT, (
                name,
                other,
            )


def test_what_believes_its_arguments_is_for_them_alone(field: Field) -> None:
    granted = field.rows(
        "select r.rolname, p.proname from pg_proc as p cross join pg_roles as r"
        " where r.rolname like 'pydb\\_%%' and p.proname = any(%s)"
        " and has_function_privilege(r.oid, p.oid, 'EXECUTE')",
        sorted(INNER),
    )
    assert granted == []


def test_nobody_writes_the_tables_behind_them(field: Field) -> None:
    """The books that pydb_runner keeps itself, and the drafts, whose trigger no session can turn off."""
    written = field.rows(
        "select r.rolname, c.relname from pg_class as c cross join pg_roles as r"
        " where c.relnamespace = any(%s::text[]::regnamespace[]) and c.relkind in ('r', 'p')"
        " and r.rolname in ('pydb_admin', 'pydb_runner', 'pydb_monitor', 'pydb_app')"
        " and has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, TRUNCATE') order by 1, 2",
        list(sources.SCHEMAS),
    )
    assert written == [
        ("pydb_admin", "draft"),
        ("pydb_runner", "draft"),
        ("pydb_runner", "orphan_finding"),
        ("pydb_runner", "schedule_claim"),
        ("pydb_runner", "scheduler"),
    ]
    assert field.rows(
        "select tgname, tgenabled::text from pg_trigger where tgrelid = 'pydb_internal.draft'::regclass"
    ) == [("draft_vet", "A")]
