-- pydb_internal.erasure_hashes (ledger): salted hashes of some keys of a table.
-- reads the root table   writes nothing   locks nothing above a select
-- raises YD301
create or replace function pydb_internal.erasure_hashes(
    p_root regclass,
    p_keys jsonb,
    p_salt bytea,
    out key_columns name[],
    out hashes bytea[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
as $$
declare
    v_named name[] := pydb_internal.cascade_root_key(p_root, p_keys);
    v_primary constant name[] := (
        select u.columns from pydb_internal.cascade_unique_keys(p_root) as u
        where u.is_primary and not exists (
            select from pg_attribute as a
            where a.attrelid = p_root and a.attname = any(u.columns) and pydb_internal.type_read(a.atttypid) is null
        )
    );
    v_keys constant jsonb := case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end;
    v_typed text;
    v_match text;
    v_own text;
    v_missing bigint := 1;
begin
    key_columns := coalesce(v_named, '{}');
    hashes := '{}';
    if v_named is null then
        return; -- no keys
    end if;
    select
        string_agg(format('%I %s', u.name, format_type(pydb_internal.type_read(a.atttypid), -1)), ', ' order by u.ord),
        string_agg(format('t.%I %s k.%I', u.name, e.operators[u.ord], u.name), ' and ' order by u.ord)
    into v_typed, v_match
    from pydb_internal.reference_equality(
        p_root, pydb_internal.column_numbers(p_root, v_named), p_root,
        pydb_internal.column_numbers(p_root, v_named), null
    ) as e
    cross join unnest(v_named) with ordinality as u (name, ord)
    inner join pg_attribute as a on a.attrelid = p_root and a.attname = u.name;
    -- the key by which others reference the row, where it is there to be asked
    if v_primary is not null then
        v_own := format('case when t.tableoid is not null then %s end',
            pydb_internal.erasure_key_source(p_root, v_primary, v_primary, 't'));
        execute format(
            'select coalesce(array_agg(distinct f.hash) filter (where f.hash is not null), ''{}''),
                count(*) filter (where f.hash is null)
            from (
                select sha256(convert_to((%s)::text, ''UTF8'') || $2) as hash
                from jsonb_to_recordset($1) as k (%s)
                left join %s as t on %s
            ) as f', v_own, v_typed, pydb_internal.relation_source(p_root), v_match
        ) into hashes, v_missing using v_keys, p_salt;
        key_columns := v_primary;
    end if;
    if v_missing > 0 then
        -- as the row has it, where there is one: so it is hashed when it is looked for again
        v_own := format('case when t.tableoid is not null then %s else %s end',
            pydb_internal.erasure_key_source(p_root, v_named, v_named, 't'),
            pydb_internal.erasure_key_source(p_root, v_named, v_named, 'k'));
        execute format(
            'select coalesce(array_agg(distinct f.hash) filter (where f.hash is not null), ''{}''),
                count(*) filter (where f.hash is null)
            from (
                select sha256(convert_to((%s)::text, ''UTF8'') || $2) as hash
                from jsonb_to_recordset($1) as k (%s)
                left join %s as t on %s
            ) as f', v_own, v_typed, pydb_internal.relation_source(p_root), v_match
        ) into hashes using v_keys, p_salt;
        key_columns := v_named;
    end if;
end
$$;

comment on function pydb_internal.erasure_hashes(regclass, jsonb, bytea) is
'Columns of a unique key, and one hash of them for each of p_keys: of the primary key, or where a row is not there, of
the key that p_keys name. The keys are those that cascade_root_rows accepts.';

revoke all on function pydb_internal.erasure_hashes(regclass, jsonb, bytea) from public;
