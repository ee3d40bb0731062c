-- pydb_internal.guard_drift_text (guard): the differences between what tables look like and what they did, in words.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.guard_drift_text(
    p_was pydb_internal.guard_part[],
    p_found pydb_internal.guard_part[],
    p_only_holding boolean
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(
        case
            when c.n <= 5 then concat_ws(' ', c.kind, c.object, c.change, case c.change
                when 'added' then format('(%s)', c.found)
                when 'dropped' then format('(%s)', c.was)
                else format('from %s to %s', c.was, c.found)
            end)
            when c.n = 6 then format('and %s more', c.rows - 5)
        end, '; ' order by c.n
    )
    from (
        select d.*, row_number() over () as n, count(*) over () as rows
        from pydb_internal.guard_compare(p_was, p_found) as d
        where d.holds or not p_only_holding
    ) as c;
$$;

comment on function pydb_internal.guard_drift_text(
    pydb_internal.guard_part[], pydb_internal.guard_part[], boolean
) is
'The first five differences, and how many more there are; null = none.';

revoke all on function pydb_internal.guard_drift_text(
    pydb_internal.guard_part[], pydb_internal.guard_part[], boolean
) from public;
