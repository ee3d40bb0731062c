-- pydb_internal.reference_source (graph): the rows of one side of a reference as SQL text for FROM: all of a relation,
-- or those that meet its condition.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_source(p_source text, p_columns name[], p_filter text)
returns text
language plpgsql -- most have no condition, and this is asked often
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_filter is null then
        return p_source;
    end if;
    -- a condition names its columns bare: inside, no other table is in sight
    return format(
        '(select s.tableoid, s.ctid, s.xmin, %s from %s as s where (%s))', (
            select string_agg(format('s.%I', u.name), ', ' order by u.name)
            from (select distinct c.name from unnest(p_columns) as c (name)) as u
        ), p_source, p_filter
    );
end
$$;

comment on function pydb_internal.reference_source(text, name[], text) is
'p_source (as of relation_source), or a subquery of its rows that meet p_filter: the named columns, tableoid, ctid and
xmin.';

revoke all on function pydb_internal.reference_source(text, name[], text) from public;
