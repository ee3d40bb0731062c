-- pydb_internal.orphan_look (scan): look at one piece of a child: count its rows and its orphans, and take a sample of
-- their keys.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_look(
    p_edge pydb_internal.reference_edge,
    p_leaves oid[],
    p_from bigint,
    p_until bigint,
    p_age text,
    p_sample integer
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
    -- the key that a person finds the row by, and what it refers to
    v_columns constant name[] := array(
        select a.attname
        from pg_attribute as a
        left join pg_index as i on i.indrelid = a.attrelid and i.indisprimary
        where a.attrelid = p_edge.child and not a.attisdropped
            and (a.attname = any(p_edge.child_columns) or a.attnum = any(i.indkey))
        order by a.attname = any(p_edge.child_columns), a.attnum
    );
    v_source constant text := pydb_internal.orphan_source(p_leaves, v_columns, p_from, p_until);
    v_named text;
    v_partly text;
    v_result jsonb;
    v_rows bigint;
begin
    select string_agg(format('t.%I', u.name), ', '),
        string_agg(format('t.%I is null', u.name), ' or ') filter (where u.name = any(p_edge.child_columns))
    into v_named, v_partly
    from unnest(v_columns) as u (name);
    execute format(
        'select jsonb_build_object(
            ''orphans'', count(*) filter (where s.old), ''unconfirmed'', count(*) filter (where not s.old),
            ''partly_null'', count(*) filter (where s.old and s.partly), ''sample'',
            coalesce(jsonb_agg(to_jsonb(s.k)) filter (where s.old and s.n <= $1), ''[]'')
        ) from (
            select
                k, %1$s as old, %2$s as partly, count(*) filter (where %1$s) over (rows unbounded preceding) as n
            from %3$s as t
            cross join lateral (select %4$s) as k
            where %5$s
        ) as s',
        p_age, v_partly, v_source, v_named, pydb_internal.orphan_condition(p_edge)
    ) into v_result using p_sample;
    execute format('select count(*) from %s as t', v_source) into v_rows;
    return v_result || jsonb_build_object('checked_rows', v_rows);
end
$$;

comment on function pydb_internal.orphan_look(pydb_internal.reference_edge, oid[], bigint, bigint, text, integer) is
'Object with orphans, unconfirmed (p_age is false), partly_null, checked_rows and sample of one piece of the child.';

revoke all on function pydb_internal.orphan_look(pydb_internal.reference_edge, oid[], bigint, bigint, text, integer)
    from public;
