-- pydb_internal.cascade_root_key (root): the unique key that key objects use; refuses what is no key of the table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD301
create or replace function pydb_internal.cascade_root_key(p_root regclass, p_keys jsonb)
returns name[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys jsonb := case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end;
    v_columns name[];
    v_key name[];
    v_known text;
    v_problem text;
begin
    select string_agg(format('(%s)', array_to_string(u.columns, ', ')), ' or ' order by u.is_primary desc, u.columns)
    into v_known
    from pydb_internal.cascade_unique_keys(p_root) as u;
    if jsonb_typeof(v_keys) is distinct from 'array' then
        v_problem := format('p_keys is %s', coalesce('of type ' || jsonb_typeof(v_keys), 'null'));
    elsif exists (select 1 from jsonb_array_elements(v_keys) as k (value) where jsonb_typeof(k.value) <> 'object') then
        v_problem := 'p_keys holds something that is not an object';
    elsif v_known is null then
        v_problem := 'the table has no primary or unique key';
    end if;
    if v_problem is null and v_keys <> '[]' then
        select array_agg(distinct o.name)::name[] into v_columns
        from jsonb_array_elements(v_keys) as k (value)
        cross join lateral jsonb_object_keys(k.value) as o (name);
        select u.columns into v_key
        from pydb_internal.cascade_unique_keys(p_root) as u
        where u.columns @> v_columns and v_columns @> u.columns
        order by u.is_primary desc
        limit 1;
        if v_key is null then
            v_problem := format('(%s) is no key of it', array_to_string(v_columns, ', '));
        elsif exists (
            select 1
            from jsonb_array_elements(v_keys) as k (value)
            cross join unnest(v_key) as c (name)
            where coalesce(k.value -> c.name::text, 'null') = 'null'
        ) then
            v_problem := 'a key has a part that is missing or null';
        end if;
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD301',
            message = format('keys do not fit %s: %s', coalesce(pydb_internal.relation_name(p_root), 'it'), v_problem),
            detail = format('Its keys: %s.', coalesce(v_known, 'none')),
            hint = case
                when v_known is null and pydb_internal.relation_name(p_root) is not null
                    then format('alter table %s add primary key (id);', pydb_internal.relation_name(p_root))
                else 'p_keys is an array of objects that name every column of one key: [{"id": 42}, {"id": 43}].'
            end;
    end if;
    return v_key;
end
$$;

comment on function pydb_internal.cascade_root_key(regclass, jsonb) is
'Columns of the primary or unique key that all key objects name in full; null for an empty array; YD301 otherwise.';

revoke all on function pydb_internal.cascade_root_key(regclass, jsonb) from public;
