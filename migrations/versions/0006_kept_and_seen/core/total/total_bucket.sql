-- pydb_internal.total_bucket (total): the bucket of a histogram that a value belongs to.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.total_bucket(p_value numeric, p_bounds numeric[])
returns text
language plpgsql -- it keeps its plan
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(
            (select u.bound::text from unnest(p_bounds) with ordinality as u (bound, place)
            where p_value <= u.bound order by u.place limit 1),
            '+Inf'
        )
    );
end
$$;

comment on function pydb_internal.total_bucket(numeric, numeric[]) is
'The first of the bounds, in their order, that is not below the value; +Inf where all are.';

revoke all on function pydb_internal.total_bucket(numeric, numeric[]) from public;
