-- pydb_internal.audit_digest (seal): the digest of one row of the audit log: what its columns store, each
-- with its length.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.audit_digest(p_row pydb.audit_log)
returns bytea
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    -- lengths in front: nothing that moves from one column into the next is the same text
    select sha256(convert_to(string_agg(
        case when u.value is null then '-' else octet_length(u.value) || ':' || u.value end, ',' order by u.n
    ), 'UTF8'))
    from (
        values
        (1, p_row.id::text), (2, (extract(epoch from p_row.at) * 1000000)::bigint::text), (3, p_row.actor),
        (4, p_row.action), (5, p_row.subject), (6, p_row.arguments::text), (7, p_row.run_id::text),
        (8, p_row.pid::text), (9, p_row.statement)
    ) as u (n, value);
$$;

comment on function pydb_internal.audit_digest(pydb.audit_log) is
'SHA-256 of the nine columns of a row: microseconds for the time, the text of the rest, each with its length in front, -
for null; whatever the session''s time zone and formats are.';

revoke all on function pydb_internal.audit_digest(pydb.audit_log) from public;
