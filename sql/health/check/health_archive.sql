-- pydb_internal.health_archive (check; by health): are archives there, and do rows leave them in time.
-- reads pydb.archive_status, what doctor_archive reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_archive()
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_figures jsonb;
    v_findings jsonb;
begin
    select
        jsonb_build_object(
            'archives', count(*), 'rows', coalesce(sum(a.rows), 0), 'bytes', coalesce(sum(a.bytes), 0),
            'due_rows', coalesce(sum(a.due), 0), 'oldest_at', min(a.oldest),
            'unmatched_rows', (select coalesce(sum(l.rows), 0) from pydb_internal.archive_lost() as l)
        )
    into v_figures
    from pydb.archive_status as a;
    select jsonb_agg(to_jsonb(d) - 'component') into v_findings
    from pydb_internal.doctor_archive() as d
    where d.status <> 'ok';
    return pydb_internal.health_say(
        v_figures, coalesce(v_findings, '[]') || pydb_internal.health_run_findings('archive', '{purge}'),
        format('%s archives, %s', v_figures ->> 'archives', pydb_internal.rows_text((v_figures ->> 'rows')::bigint))
    );
end
$$;

comment on function pydb_internal.health_archive() is
'Component archive: archives that are gone, that are not purged, or that have outgrown their table.';

revoke all on function pydb_internal.health_archive() from public;
