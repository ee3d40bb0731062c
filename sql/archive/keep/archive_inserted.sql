-- pydb_internal.archive_inserted (keep): rows that this transaction has put into the archives of a run so far.
-- reads pydb.archive_run, the transaction's own statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_inserted(p_run_id bigint)
returns jsonb
language plpgsql -- it keeps its plan: asked at each batch
volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
begin
    return (
        select coalesce(jsonb_object_agg(a.archive::oid, pg_stat_get_xact_tuples_inserted(a.archive)), '{}')
        from pydb.archive_run as a
        where a.run_id = p_run_id
    );
end
$$;

comment on function pydb_internal.archive_inserted(bigint) is
'Object: number of an archive → rows inserted there in this transaction, by whomever. Counts rolled back work too, so
compare two of them.';

revoke all on function pydb_internal.archive_inserted(bigint) from public;
