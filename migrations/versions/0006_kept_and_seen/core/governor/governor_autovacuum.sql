-- pydb_internal.governor_autovacuum (governor; by governor_ask): indicator: vacuums at work on the table.
-- reads pg_stat_progress_vacuum   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_autovacuum(p_relation regclass)
returns pydb.governor_reading
language plpgsql
stable
security definer -- a run needs no right on what the server tells the owner
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reading pydb.governor_reading;
begin
    v_reading.unit := 'workers';
    v_reading.known := true;
    select count(*)::float8, coalesce(string_agg(format('process %s', v.pid), ', '), 'none')
    into v_reading.value, v_reading.reason
    from pg_stat_progress_vacuum as v
    where v.datid = (select d.oid from pg_database as d where d.datname = current_database())
        and (p_relation is null or v.relid = p_relation
            or p_relation in (select a.relid from pg_partition_ancestors(v.relid) as a));
    return v_reading;
end
$$;

comment on function pydb_internal.governor_autovacuum(regclass) is
'Vacuums at work on the table; null = in this database.';

revoke all on function pydb_internal.governor_autovacuum(regclass) from public;
