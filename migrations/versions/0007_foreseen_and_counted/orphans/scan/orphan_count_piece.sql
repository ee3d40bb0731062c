-- pydb_internal.orphan_count_piece (scan): count the rows and the orphans of one piece of a child, and take a sample of
-- their keys.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.orphan_count_piece(
    p_edge pydb_internal.reference_edge,
    p_piece pydb_internal.orphan_piece,
    p_age text,
    p_sample integer,
    p_part text default null
)
returns pydb_internal.orphan_counts
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
    v_source constant text := pydb_internal.orphan_source(
        p_piece, v_columns,
        concat_ws(') and (', coalesce(pydb_internal.reference_edge_condition(p_edge, false), 'true'), p_part)
    );
    v_named text;
    v_partly text;
    v_counts pydb_internal.orphan_counts;
begin
    p_edge.filter := null; -- the source has it
    select
        -- as text, where to make JSON of a value might call a cast that the owner of its type made
        string_agg(case
            when a.atttypid < 16384 then format('t.%I', u.name) -- PostgreSQL's own
            when pydb_internal.type_read(a.atttypid) is null then format(
                'case when num_nulls(t.%1$I) = 0 then format(''%%s'', t.%1$I) end as %1$I', u.name
            )
            when pydb_internal.type_read(a.atttypid) <> a.atttypid
                then format('t.%1$I::%2$s as %1$I', u.name, format_type(pydb_internal.type_read(a.atttypid), -1))
            else format('t.%I', u.name)
        end, ', ' order by u.ord),
        string_agg(format('t.%I is null', u.name), ' or ') filter (where u.name = any(p_edge.child_columns))
    into v_named, v_partly
    from unnest(v_columns) with ordinality as u (name, ord)
    inner join pg_attribute as a on a.attrelid = p_edge.child and a.attname = u.name;
    execute format(
        'select
            count(*) filter (where s.old), count(*) filter (where not s.old),
            count(*) filter (where s.old and s.partly),
            coalesce(jsonb_agg(to_jsonb(s.found)) filter (where s.old and s.n <= $1), ''[]''),
            (select count(*) from %3$s as t)
        from (
            select
                coalesce(k.*) as found, -- not k alone: a column may be called so
                %1$s as old, %2$s as partly, count(*) filter (where %1$s) over (rows unbounded preceding) as n
            from %3$s as t
            cross join lateral (select %4$s) as k
            where %5$s
        ) as s',
        p_age, v_partly, v_source, v_named, pydb_internal.orphan_condition(p_edge)
    ) into
        v_counts.orphans, v_counts.unconfirmed, v_counts.partly_null, v_counts.sample, v_counts.checked_rows
    using p_sample;
    return v_counts;
end
$$;

comment on function pydb_internal.orphan_count_piece(
    pydb_internal.reference_edge, pydb_internal.orphan_piece, text, integer, text
) is
'What one piece of a child holds: orphans, unconfirmed (p_age is false), partly_null, checked_rows, and at most p_sample
keys. p_part: a condition that filter_check has let through; only rows for which it holds are looked at.';

revoke all on function pydb_internal.orphan_count_piece(
    pydb_internal.reference_edge, pydb_internal.orphan_piece, text, integer, text
) from public;
