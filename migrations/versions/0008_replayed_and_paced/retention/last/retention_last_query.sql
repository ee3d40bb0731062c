-- pydb_internal.retention_last_query (last): SQL text that gives the rows of a policy their places among the rows of
-- their group, newest first.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD901
create or replace function pydb_internal.retention_last_query(p_policy pydb.retention_policy, p_cutoff timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_say constant record := pydb_internal.retention_expiry(p_policy, p_cutoff, '"of"');
    v_time constant text := format('"of".%I', p_policy.time_column);
    v_is_or constant boolean := p_policy.combine = 'or';
    -- what expires by its own keep is out of the count, or the places would change as it goes
    v_aged constant text := case when v_is_or then format('coalesce(%s, false)', pydb_internal.retention_aged_condition(
        p_policy, 'infinity', '"of"', true
    )) end;
    v_groups constant text := (
        select string_agg(format('"of".%I', u.name), ', ' order by u.ord)
        from unnest(p_policy.keep_last_by) with ordinality as u (name, ord)
    );
begin
    -- of "time is not null and (one or the other)" PostgreSQL 15 leaves out the default partition
    return format(
        'select "of".tableoid as "in", "of".ctid as "at", pg_catalog.row_number() over (%1$sorder by %2$s) as "place",
            %3$s as "is_aged", %4$s as "is_endless", %7$s as "time", (%11$s) as "is_old"
        from %5$s as "of"%6$s where (%7$s is null) is not true and not (%8$s) and not (%9$s)%10$s',
        'partition by ' || nullif(concat_ws(', ', v_groups, v_aged), '') || ' ',
        (
            select string_agg(format('"of".%s desc', u.name), ', ' order by u.ord)
            from unnest(pydb_internal.retention_last_order(p_policy)) with ordinality as u (name, ord)
        ),
        coalesce(v_aged, 'null::pg_catalog.bool'),
        coalesce('(' || case
            when v_is_or then pydb_internal.retention_endless_condition(p_policy, '"of"', true)
        end || ')', 'false'),
        pydb_internal.relation_name(p_policy.target),
        case when v_is_or then pydb_internal.retention_rule_source(p_policy, '"of"') else '' end,
        v_time, v_say.past, v_say.future, v_say.filtered, v_say.expired
    );
end
$$;

comment on function pydb_internal.retention_last_query(pydb.retention_policy, timestamptz) is
'Query with columns "in" (tableoid), "at" (ctid), "place" (1 = the newest of its group), and, for combine or, "is_aged"
(places are among those that are not) and "is_endless"; "time", and "is_old": older than the cutoff. Rows without a
time, with one that cannot be meant, and rows that the filter leaves out have no place.';

revoke all on function pydb_internal.retention_last_query(pydb.retention_policy, timestamptz) from public;
