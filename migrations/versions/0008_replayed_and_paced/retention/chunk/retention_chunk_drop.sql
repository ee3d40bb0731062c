-- pydb_internal.retention_chunk_drop (chunk; by retention_chunk_turn): call drop_chunks of TimescaleDB, and see that
-- exactly these chunks went.
-- writes what drop_chunks writes   locks what it locks
-- raises YD901, and what drop_chunks raises
create or replace function pydb_internal.retention_chunk_drop(p_target oid, p_place text, p_chunks oid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant oid[] := array(select i.inhrelid from pg_inherits as i where i.inhparent = p_target);
    v_other oid;
    v_ours text[];
    v_call constant text := format(
        'select pg_catalog.count(*) from %s(%s) as d
        where (select pydb_internal.retention_chunk_routine(''drop_chunks'') operator(pg_catalog.=) %1$L)',
        pydb_internal.retention_chunk_routine('drop_chunks'), p_place
    );
begin
    v_ours := pydb_internal.application_enter(); -- event triggers are the application's
    execute v_call;
    perform pydb_internal.application_leave(v_ours);
    select u.oid into v_other
    from unnest(v_before) as u (oid)
    where (u.oid = any(p_chunks)) = exists (
        select from pg_inherits as i where i.inhparent = p_target and i.inhrelid = u.oid
    )
    limit 1;
    if found then
        raise exception using errcode = 'YD901', message = 'drop_chunks did not do what show_chunks said it would',
            detail = format('%s, of those that went or stayed against it, is %s.', v_other,
                coalesce(pydb_internal.relation_name(v_other), 'gone')),
            hint = 'Nothing of it is committed. select * from pydb.doctor();';
    end if;
end
$$;

comment on function pydb_internal.retention_chunk_drop(oid, text, oid[]) is
'Drops the chunks of a hypertable in a stretch of time; YD901, and with that nothing, where others went or one stayed.';

revoke all on function pydb_internal.retention_chunk_drop(oid, text, oid[]) from public;
