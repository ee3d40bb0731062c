-- pydb_internal.run_label (run): what a run is called in messages.
-- reads pydb_internal.run_kind   writes nothing   locks nothing
-- raises YD901
create or replace function pydb_internal.run_label(p_run pydb_internal.run_state)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return format((pydb_internal.run_kind_get(p_run.kind)).label, p_run.subject);
end
$$;

comment on function pydb_internal.run_label(pydb_internal.run_state) is 'Name of a run: policy events, job 5, scan.';

revoke all on function pydb_internal.run_label(pydb_internal.run_state) from public;
