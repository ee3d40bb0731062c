-- pydb_internal.run_size (run): the size of the next batch by what the last one took.
-- reads the factor of the governor   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_size(
    p_size double precision,
    p_took double precision,
    p_target double precision
)
returns double precision
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- The governor's factor, of this transaction: above a quarter batches become smaller, the rest of it is pauses. A
    -- factor that somebody sets himself makes his own batches smaller.
    select p_size * least(greatest(
        p_target * least(1, greatest(0.25, coalesce(
            nullif(current_setting('pydb.governor_factor', true), '')::float8, 1
        ))) / greatest(p_took, 0.1), 0.25
    ), 2);
$$;

comment on function pydb_internal.run_size(double precision, double precision, double precision) is
'Size of the next batch: towards p_target milliseconds where the last one took p_took, at most doubled, at least a
quarter.';

revoke all on function pydb_internal.run_size(double precision, double precision, double precision) from public;
