"""SQL text of the named reads of :mod:`pydb.db`: tables and views, and what a session says of itself."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from pydb import pagereads

_WANTED_RUNS = sql.SQL(
    "(%(kind)s::text is null or l.kind = %(kind)s::text)"
    " and (%(states)s::text[] is null or l.state = any(%(states)s::text[]))"
    " and (%(subject)s::text is null or l.subject = %(subject)s::text"
    " or right(l.subject, length(%(subject)s::text) + 1) = ' ' || %(subject)s::text)"
    " and (l.finished_at is null or l.finished_at >= coalesce("
    "%(since)s::timestamptz, now() - %(span)s::interval, '-infinity'))"
)

# what holds in a transaction that only looks
LOOK: Final = (
    "select set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true),"
    " set_config('search_path', 'pg_catalog, pg_temp', true), set_config('timezone', 'UTC', true),"
    " set_config('datestyle', 'ISO, YMD', true), set_config('intervalstyle', 'postgres', true),"
    " set_config('jit', 'off', true), set_config('row_security', 'on', true)"
)

# Reads that are no routine, by name. Each is one plain select with named parameters.
READS: Final[dict[str, sql.SQL | sql.Composed]] = {
    **pagereads.READS,
    "policies": sql.SQL(
        "select p.*, p.search_path::text[] as search_path,"
        " coalesce(pydb_internal.relation_name(p.target), p.target_name) as relation,"
        " coalesce(pydb_internal.relation_name(p.watermark_table), p.watermark_table::oid::text)"
        " as watermark_table,"
        " coalesce(pydb_internal.relation_name(p.keep_table), p.keep_table::oid::text) as keep_table,"
        " p.keep_by::text[] as keep_by, p.keep_key::text[] as keep_key,"
        " p.keep_last_by::text[] as keep_last_by"
        " from pydb.retention_policy as p"
        " where %(name)s::text is null or p.name = %(name)s::text order by p.name"
    ),
    "runs_of_request": sql.SQL(
        "select r.*, r.plan || r.detail as detail from pydb.job_run as r"
        " where r.request = %(request)s::uuid order by r.id"
    ),
    "run": sql.SQL(
        "select r.*, r.plan || r.detail as detail from pydb.job_run as r where r.id = %(id)s::bigint"
    ),
    "run_audit": sql.SQL(
        "select id, at, actor, action, subject, arguments from pydb.audit_log"
        " where run_id = %(id)s::bigint order by id"
    ),
    "run_summaries": sql.SQL("select * from pydb.run_list where id = any(%(ids)s::bigint[]) order by id"),
    # in two parts, each with an index of its own: the log may be long
    "run_list": sql.SQL(
        "select * from ("
        " (select l.* from pydb.run_list as l where l.state = 'running' and {wanted})"
        " union all"
        " (select l.* from pydb.run_list as l where l.state <> 'running' and {wanted}"
        " order by l.id desc limit %(limit)s::bigint)"
        ") as u order by u.state <> 'running', u.id desc limit %(limit)s::bigint"
    ).format(wanted=_WANTED_RUNS),
    "retention_log": sql.SQL(
        "select * from pydb.retention_job_log as l"
        " where (%(policy)s::text is null or l.subject = %(policy)s::text)"
        " and (%(states)s::text[] is null or l.state = any(%(states)s::text[]))"
        " and (l.finished_at is null or l.finished_at >= coalesce("
        "%(since)s::timestamptz, now() - %(span)s::interval, '-infinity'))"
        " order by l.id desc limit %(limit)s::bigint"
    ),
    "vacuum_holders": sql.SQL("select * from pydb.vacuum_holder"),
    "audit_head": sql.SQL(
        "select h.block, h.to_id, encode(h.hash, 'hex') as hash, h.sealed_at, h.verified_block, h.verified_at"
        " from pydb.audit_head as h"
    ),
    "guard": sql.SQL("select * from pydb.guard_status"),
    "metrics": sql.SQL(
        "select m.name, m.type, m.help, m.labels, m.value from pydb.metric as m"
        " where m.collector = %(collector)s::text"
    ),
    "windows": sql.SQL(
        "select s.*, s.opens::text as opens, s.closes::text as closes"
        " from pydb.window_status as s order by s.name"
    ),
    "governor": sql.SQL(
        "select s.*, s.back_off::text as back_off, s.patience::text as patience"
        " from pydb.governor_status as s order by s.indicator"
    ),
    "settings": sql.SQL("select * from pydb.setting order by name"),
    "detach_bounds": sql.SQL(
        "select extract(epoch from pydb_internal.setting_get(p_name => 'partition_patience')::interval)"
        "::float8 as patience, extract(epoch from %(max_runtime)s::text::interval)::float8 as runtime"
    ),
    "databases": sql.SQL(
        "select d.datname as name from pg_catalog.pg_database as d"
        " where d.datallowconn and not d.datistemplate and has_database_privilege(d.oid, 'connect')"
        " order by d.datname"
    ),
    "has_pydb": sql.SQL("select pg_catalog.to_regnamespace('pydb') is not null as installed"),
    "revision": sql.SQL("select version_num as revision from pydb.alembic_version"),
    "schedule_lock": sql.SQL(
        "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pydb.schedule_sync', 0))"
    ),
    "schedule_sources": sql.SQL(
        "select s.procedure, s.schedule, s.description, s.kind, s.subjects is not null as by_subject,"
        " s.housekeeping, s.updated_at, s.updated_by from pydb.schedule_source as s order by s.procedure"
    ),
    "cron_place": sql.SQL(
        "select s.setting as cron_database, e.extversion as version"
        " from (select) as one"
        " left join pg_catalog.pg_settings as s on s.name = 'cron.database_name'"
        " left join pg_catalog.pg_extension as e on e.extname = 'pg_cron'"
    ),
    "references": sql.SQL("select * from pydb.reference_list order by reference, kind"),
    "holds": sql.SQL("select * from pydb.hold_status order by placed_at desc, id desc"),
    "entities": sql.SQL(
        "select e.name, coalesce(pydb_internal.relation_name(e.root), e.root_name) as root_name,"
        " e.edges, e.approval, e.grace, e.archive, e.author, e.created_at, e.updated_at,"
        " e.search_path::text[] as search_path"
        " from pydb.entity as e order by e.name"
    ),
    "entity_root": sql.SQL(
        "select e.root::oid as oid, coalesce(pydb_internal.relation_name(e.root), e.root_name) as relation"
        " from pydb.entity as e where e.name = %(name)s"
    ),
    "table_root": sql.SQL(
        "select r.root::oid as oid, pydb_internal.relation_name(r.root) as relation"
        " from (select pydb_internal.relation_resolve(p_name => %(name)s) as root) as r"
    ),
    "unique_keys": sql.SQL(
        "select u.columns::text[] as columns, u.is_primary"
        " from pydb_internal.cascade_unique_keys(p_relation => %(relation)s::oid) as u"
        " order by u.is_primary desc, u.columns::text"
    ),
    "cascade_jobs": sql.SQL(
        "select j.id, j.entity, coalesce(pydb_internal.relation_name(j.root), j.root_name) as root_name,"
        " jsonb_array_length(j.keys) as key_count, j.edges, j.reason, j.state, j.rows_planned, j.rows_done,"
        " j.relations, j.approval, j.not_before, j.requested_by, j.requested_at, j.approved_by,"
        " j.approved_at, j.cancelled_by, j.cancelled_at, j.run_id, r.state as run_state, r.stop_reason,"
        " j.proof, j.finished_at, j.allow_triggers, j.triggered,"
        " j.search_path::text[] as search_path"
        " from pydb.cascade_job as j left join pydb.job_run as r on r.id = j.run_id"
        " where %(job)s::bigint is null or j.id = %(job)s::bigint order by j.id desc limit %(limit)s::bigint"
    ),
    "erasures": sql.SQL(
        "select * from pydb.erasure_status as s where not %(is_open)s::boolean or s.days_left is not null"
        " order by case when %(is_open)s::boolean then s.deadline end, s.requested_at desc"
        " limit %(limit)s::bigint"
    ),
    # entries of a file as the ledger has them, and the keys of the roots that are there again
    "erasure_back": sql.SQL(
        "select distinct f.id, f.key from pydb_internal.erasure_back("
        "p_entries => array(select jsonb_populate_record(null::pydb.erasure, e.value)"
        " from jsonb_array_elements(%(entries)s::jsonb) as e (value))) as f"
    ),
    "column_list": sql.SQL(
        "select u.name from unnest(pydb_internal.reference_parse_columns(p_text => %(text)s))"
        " with ordinality as u (name, place) order by u.place"
    ),
    "orphan_list": sql.SQL(
        "select * from pydb.orphan_list where %(name)s::text is null or reference = %(name)s::text"
        " order by reference, kind"
    ),
    "orphan_coverage": sql.SQL("select * from pydb.orphan_coverage"),
    "archive_list": sql.SQL(
        "select * from pydb.archive_list where (%(run)s::bigint is null or run_id = %(run)s::bigint)"
        " and (rows > 0 or %(empty)s) order by run_id desc, relation"
    ),
    "archive_scope": sql.SQL(
        "select l.* from pydb.archive_list as l"
        " left join pydb.archive_table as t on t.archive = l.archive"
        " where l.rows > 0 and (%(run)s::bigint is null or l.run_id = %(run)s::bigint)"
        " and (%(table)s::oid is null or l.archive::oid = %(table)s::oid"
        " or t.source::oid = pydb_internal.archive_top(p_relation => %(table)s::oid))"
    ),
    "archive_status": sql.SQL("select * from pydb.archive_status order by relation"),
    "idempotency_keys": sql.SQL(
        "select l.*, clock_timestamp() as seen_at from pydb.idempotency_list as l"
        " where (%(scope)s::text is null or l.scope = %(scope)s::text)"
        " and (%(key)s::text is null or l.key = %(key)s::text)"
        " and (%(status)s::text is null or l.status = %(status)s::text)"
        " and (%(expired)s::boolean is null or l.expired = %(expired)s::boolean)"
        # few among many: found by their own table
        " and (%(status)s::text is distinct from 'held' or (l.scope, l.key) in"
        " (select h.scope, h.key from pydb_internal.idempotency_held as h))"
        " order by l.claimed_at desc, l.token desc limit %(limit)s::bigint"
    ),
    # the setting is this transaction's: nobody needs to wait until the disk knows that expired keys are gone
    "idempotency_prune": sql.SQL(
        "select pydb.idempotency_prune(p_limit => %(limit)s::integer) as keys"
        " from (select set_config('synchronous_commit', 'off', true) offset 0) as s"
    ),
    "seconds": sql.SQL("select extract(epoch from %(span)s::interval)::float8 as seconds"),
    "system": sql.SQL(
        "select s.system_identifier, current_database() as dbname,"
        " (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()) as dboid,"
        " current_setting('server_version_num')::integer as version from pg_catalog.pg_control_system() as s"
    ),
    # how many bytes of a table there are for one of its main file, where large values lie out of line
    "table_width": sql.SQL(
        # one that is gone has one as well: whoever reads from it says so
        "select greatest(1, ("
        "select (m.bytes + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0))::float8"
        " / greatest(m.bytes, current_setting('block_size')::bigint)"
        " from pg_catalog.pg_class as c cross join lateral (select pg_relation_size(c.oid)) as m (bytes)"
        " where c.oid = %(relation)s::oid)) as width"
    ),
    "archive_manifests": sql.SQL(
        "select m.*, pydb_internal.archive_is_own(m.system_identifier, m.database_oid) as is_own"
        " from pydb.archive_manifest as m"
        " where (%(place)s::text is null or m.place = %(place)s::text)"
        " and (%(run_id)s::bigint is null or m.run_id = %(run_id)s::bigint)"
        " and (%(run_ids)s::bigint[] is null or m.run_id = any(%(run_ids)s::bigint[])) order by m.id"
    ),
    "archive_files": sql.SQL(
        "select m.file, m.place, m.source_name, m.rows, m.rows_deleted, m.bytes, m.oldest, m.newest,"
        " m.created_at"
        " from pydb.archive_manifest as m where m.archived_run_id = %(run)s::bigint order by m.id"
    ),
    # the first statement of the transaction, by whose number it can be asked later whether it was committed
    "telemetry_begin": sql.SQL(
        "select pg_catalog.clock_timestamp() as now, pg_catalog.pg_current_xact_id()::text as xid,"
        " pg_catalog.set_config('statement_timeout', %(timeout)s, true) as timeout"
    ),
    "telemetry_outcome": sql.SQL("select pg_catalog.pg_xact_status(%(xid)s::text::xid8) as status"),
    "temporary": sql.SQL("select to_regclass('pg_temp.' || quote_ident(%(name)s::text))::oid as oid"),
    "relation_oid": sql.SQL("select pydb_internal.relation_resolve(p_name => %(name)s)::oid as oid"),
    "server": sql.SQL(
        "select current_database() as dbname, current_user as role, pg_is_in_recovery() as in_recovery,"
        " current_setting('transaction_read_only')::boolean as read_only,"
        # of the database, the role or the server: nobody has asked for it in this session
        " exists (select from pg_settings where name = 'default_transaction_read_only' and setting = 'on'"
        " and source not in ('client', 'interactive', 'session')) as read_only_default,"
        " current_setting('server_version_num')::integer as version"
    ),
}

HELD: Final = """
select h.what, h.number, h.is_only
from (
    values
    (1, 'rows in quarantine', (select count(*) from pydb.orphan_quarantine), true),
    (
        2, 'live idempotency keys', (
            select count(*) from pydb.idempotency_key as k
            where k.state = 'pending' or k.expires_at > clock_timestamp()
        ), true
    ),
    (3, 'policies', (select count(*) from pydb.retention_policy as p where not p.builtin), false),
    (4, 'logical references', (select count(*) from pydb.reference), false),
    (5, 'entities', (select count(*) from pydb.entity), false),
    (6, 'cascade jobs', (select count(*) from pydb.cascade_job), false),
    (7, 'records of runs', (select count(*) from pydb.job_run), false),
    (8, 'audit records', (select count(*) from pydb.audit_log), false)
) as h (place, what, number, is_only)
order by h.place
"""
ARCHIVES: Final = "0003"  # the revision that brought them
# what else is nowhere else, by the revision that brought it
HELD_SINCE: Final = {
    ARCHIVES: (
        "archived rows",
        "select coalesce(sum(r.rows - r.restored - r.purged), 0) from pydb.archive_run as r",
    ),
    "0005": ("holds in force", "select count(*) from pydb.hold as h where h.released_at is null"),
}
# archives go with their schema, but the functions of their triggers are dropped before it
LEAVE_ARCHIVES: Final = """
do $$
declare
    v_statement text;
begin
    for v_statement in
        select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)
        from pg_trigger as t
        inner join pg_class as c on c.oid = t.tgrelid
        inner join pg_proc as p on p.oid = t.tgfoid
        where c.relnamespace = to_regnamespace('pydb_archive') and not t.tgisinternal and t.tgparentid = 0
            and p.pronamespace = to_regnamespace('pydb_internal')
    loop
        execute v_statement;
    end loop;
end
$$
"""
