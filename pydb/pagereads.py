"""SQL text of the named reads of the pages (:mod:`pydb.web`): each costs what it shows."""

from __future__ import annotations

from typing import Final

from psycopg import sql

READS: Final[dict[str, sql.SQL | sql.Composed]] = {
    "page_server": sql.SQL(
        "select current_database() as dbname, session_user::text as login,"
        " pg_is_in_recovery() as is_standby, clock_timestamp() as now,"
        " (select version_num from pydb.alembic_version) as revision,"
        " (select s.value::boolean from pydb.setting as s where s.name = 'kill_switch') as is_stopped"
    ),
    # each pair of state and kind is one short look into an index
    "page_runs": sql.SQL(
        "select l.*, r.request from ("
        "select u.id, u.started_at from unnest(%(states)s::text[]) as s (state)"
        " cross join unnest(%(kinds)s::text[]) as k (kind)"
        " cross join lateral (select r.id, r.started_at from pydb.job_run as r"
        " where r.state = s.state and r.kind = k.kind"
        " and r.started_at >= coalesce(%(since)s::timestamptz, '-infinity')"
        " and r.started_at < coalesce(%(until)s::timestamptz, 'infinity')"
        " and r.started_at <= coalesce(%(before_at)s::timestamptz, 'infinity')"
        " and (r.started_at, r.id) < (coalesce(%(before_at)s::timestamptz, 'infinity'),"
        " coalesce(%(before_id)s::bigint, 9223372036854775807))"
        " order by r.started_at desc, r.id desc limit %(limit)s::bigint) as u"
        " order by u.started_at desc, u.id desc limit %(limit)s::bigint) as w"
        " join pydb.run_list as l on l.id = w.id join pydb.job_run as r on r.id = w.id"
        " order by w.started_at desc, w.id desc"
    ),
    # the same for one subject, by the index of subjects
    "page_runs_of": sql.SQL(
        "select l.*, r.request from ("
        "select u.id from unnest(%(kinds)s::text[]) as k (kind)"
        " cross join lateral (select r.id from pydb.job_run as r"
        " where r.kind = k.kind and r.subject = %(subject)s::text and r.state = any(%(states)s::text[])"
        " and r.started_at >= coalesce(%(since)s::timestamptz, '-infinity')"
        " and r.started_at < coalesce(%(until)s::timestamptz, 'infinity')"
        " and r.id < coalesce(%(before_id)s::bigint, 9223372036854775807)"
        " order by r.id desc limit %(limit)s::bigint) as u"
        " order by u.id desc limit %(limit)s::bigint) as w"
        " join pydb.run_list as l on l.id = w.id join pydb.job_run as r on r.id = w.id"
        " order by w.id desc"
    ),
    # counted up to a bound: nobody needs to know more of more
    "page_run_counts": sql.SQL(
        "select s.state, (select count(*) from (select from unnest(%(kinds)s::text[]) as k (kind)"
        " cross join lateral (select from pydb.job_run as r where r.state = s.state and r.kind = k.kind"
        " and r.started_at >= %(since)s::timestamptz limit %(most)s::bigint) as u"
        " limit %(most)s::bigint) as c) as runs"
        " from unnest(%(states)s::text[]) as s (state)"
    ),
    "page_policies": sql.SQL(
        "select p.name, coalesce(pydb_internal.relation_name(p.target), p.target_name) as relation,"
        " p.keep, p.action, p.schedule, p.enabled, p.paused_at, p.builtin"
        " from pydb.retention_policy as p where p.name = any(%(names)s::text[]) order by p.name"
    ),
    "page_outlook": sql.SQL(
        "select o.policy, o.target, o.state, o.is_overdue, o.reason, o.overdue_since, o.backlog_now,"
        " o.due_per_day, o.deleted_per_day, o.short_per_day, o.outlook, o.known_at, o.last_run_id,"
        " o.last_state, o.last_reason, o.last_run_at from pydb.policy_outlook as o"
    ),
    "page_outlook_of": sql.SQL("select o.* from pydb.retention_outlook(p_policy => %(policy)s::text) as o"),
    "page_history": sql.SQL(
        "select h.day, sum(h.rows_came::float8)::bigint as came,"
        " sum(h.rows_gone::float8)::bigint as gone,"
        " sum(h.rows_left::float8)::bigint as left_over from pydb.retention_history as h"
        " where h.day > current_date - %(days)s::integer group by h.day order by h.day"
    ),
    "page_history_of": sql.SQL(
        "select h.day, h.rows_came as came, h.rows_gone as gone, h.rows_left as left_over"
        " from pydb.retention_history as h where h.policy = %(policy)s::text"
        " and h.day > current_date - %(days)s::integer order by h.day"
    ),
    "page_jobs": sql.SQL(
        "select j.id, j.entity, coalesce(pydb_internal.relation_name(j.root), j.root_name) as root_name,"
        " jsonb_array_length(j.keys) as key_count, j.reason, j.state, j.rows_planned, j.rows_done,"
        " j.approval, j.not_before, j.requested_by, j.requested_at, j.approved_by, j.run_id,"
        " r.state as run_state, r.stop_reason"
        " from pydb.cascade_job as j left join pydb.job_run as r on r.id = j.run_id"
        " where j.state = any(%(states)s::text[])"
        " and j.id < coalesce(%(before_id)s::bigint, 9223372036854775807)"
        " order by j.id desc limit %(limit)s::bigint"
    ),
    # few at any time, by the index of the open ones
    "page_jobs_open": sql.SQL(
        "select j.id, j.entity, coalesce(pydb_internal.relation_name(j.root), j.root_name) as root_name,"
        " jsonb_array_length(j.keys) as key_count, j.reason, j.state, j.rows_planned, j.rows_done,"
        " j.approval, j.not_before, j.requested_by, j.requested_at, j.approved_by, j.run_id,"
        " r.state as run_state, r.stop_reason"
        " from pydb.cascade_job as j left join pydb.job_run as r on r.id = j.run_id"
        " where j.state in ('requested', 'approved', 'started')"
        " and j.id < coalesce(%(before_id)s::bigint, 9223372036854775807)"
        " order by j.id desc limit %(limit)s::bigint"
    ),
    "page_job_steps": sql.SQL(
        "select s.* from pydb.cascade_job as j"
        " cross join lateral jsonb_populate_recordset(null::pydb.cascade_step, j.plan) as s"
        " where j.id = %(job)s::bigint order by s.step"
    ),
    "page_job_terms": sql.SQL(
        "select j.signature, j.plan::text as plan, j.keys::text as keys, j.state, j.purge, j.archive"
        " from pydb.cascade_job as j where j.id = %(job)s::bigint"
    ),
    "page_holds": sql.SQL(
        "select * from pydb.hold_status as h where h.state = any(%(states)s::text[])"
        " and h.id < coalesce(%(before_id)s::bigint, 9223372036854775807)"
        " order by h.id desc limit %(limit)s::bigint"
    ),
    "page_audit": sql.SQL(
        "select a.id, a.at, a.actor, a.action, a.subject, a.arguments, a.run_id from pydb.audit_log as a"
        " where a.id < coalesce(%(before_id)s::bigint, 9223372036854775807)"
        " order by a.id desc limit %(limit)s::bigint"
    ),
    "page_notes": sql.SQL(
        "select a.id, a.at, a.actor, a.action, a.subject, a.arguments, a.run_id from pydb.audit_log as a"
        " where a.action = 'audit_note' and a.arguments ->> 'request' = %(request)s::text order by a.id"
    ),
    "page_run_request": sql.SQL("select r.request from pydb.job_run as r where r.id = %(id)s::bigint"),
}
