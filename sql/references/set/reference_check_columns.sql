-- pydb_internal.reference_check_columns (set; by reference_vet): the numbers of the columns of one end of a reference;
-- what is no such list is refused.
-- reads the catalog   writes nothing   locks nothing
-- raises YD301
create or replace function pydb_internal.reference_check_columns(p_relation regclass, p_columns name[], p_argument text)
returns smallint[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_attnums smallint[];
    v_missing text;
    v_problem text;
begin
    select array_agg(a.attnum order by u.ord), string_agg(coalesce(quote_ident(u.name), 'null'), ', ' order by u.ord)
    filter (where a.attnum is null)
    into v_attnums, v_missing
    from unnest(p_columns) with ordinality as u (name, ord)
    left join pg_attribute as a on a.attrelid = p_relation and a.attname = u.name and a.attnum > 0
        and not a.attisdropped;
    v_problem := case
        when v_attnums is null then 'no column is named'
        when v_missing is not null then format(
            '%s has no column %s', pydb_internal.relation_name(p_relation), v_missing)
        when (select count(distinct u.attnum) from unnest(v_attnums) as u (attnum)) < cardinality(v_attnums)
            then 'a column is named twice'
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD301', message = format('%s: %s', p_argument, v_problem),
            detail = format('Columns of %s: %s.', pydb_internal.relation_name(p_relation), (
                select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
                from pg_attribute as a
                where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
            )),
            hint = format('%s => %L', p_argument, coalesce((
                -- what is written without quotes is folded to lower case
                select format('{%s}', string_agg(case
                    when a.attname ~ '^[a-z_][a-z0-9_]*$' then a.attname::text else format('"%s"', a.attname)
                end, ',' order by u.ord))
                from unnest(p_columns) with ordinality as u (name, ord)
                inner join pg_attribute as a on a.attrelid = p_relation and lower(a.attname) = lower(u.name)
                    and a.attnum > 0 and not a.attisdropped
                having count(*) = cardinality(p_columns)
            ), '{column}'));
    end if;
    return v_attnums;
end
$$;

comment on function pydb_internal.reference_check_columns(regclass, name[], text) is
'Numbers of the named columns in their order; YD301 for an empty list, an unknown column or one named twice.';

revoke all on function pydb_internal.reference_check_columns(regclass, name[], text) from public;
