-- pydb_internal.run_size (run): the size of the next batch by what the last one took.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_size(
    p_size double precision,
    p_took double precision,
    p_target double precision
)
returns double precision
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select p_size * least(greatest(p_target / greatest(p_took, 0.1), 0.25), 2);
$$;

comment on function pydb_internal.run_size(double precision, double precision, double precision) is
'Size of the next batch: towards p_target milliseconds where the last one took p_took, at most doubled, at least a
quarter.';

revoke all on function pydb_internal.run_size(double precision, double precision, double precision) from public;
