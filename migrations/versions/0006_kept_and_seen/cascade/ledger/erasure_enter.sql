-- pydb_internal.erasure_enter (ledger): append a row to the ledger of erasures; for routines that run as the owner.
-- writes pydb.erasure   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_enter(p_row pydb.erasure)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    p_row.id := coalesce(p_row.id, gen_random_uuid());
    p_row.run_ids := coalesce(p_row.run_ids, '{}');
    p_row.rows_done := coalesce(p_row.rows_done, 0);
    p_row.relations := coalesce(p_row.relations, '{}');
    p_row.holds := coalesce(p_row.holds, '{}');
    p_row.purge := coalesce(p_row.purge, false);
    p_row.edges := coalesce(p_row.edges, '{}');
    if p_row.imported_at is null then
        p_row.started_at := case when p_row.state = 'started' then clock_timestamp() end;
        p_row.finished_at := case when p_row.state = 'refused' then clock_timestamp() end;
    end if;
    insert into pydb.erasure select (p_row).*;
    return p_row.id;
end
$$;

comment on function pydb_internal.erasure_enter(pydb.erasure) is
'Appends an erasure and returns its id. For routines that run as the owner: nobody else may call it.';

revoke all on function pydb_internal.erasure_enter(pydb.erasure) from public;
