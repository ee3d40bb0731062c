-- pydb_internal.reference_kinds (suggest; by reference_suggest): references of which a column beside the key says to
-- which table they lead, one for each of its values that is called like a table.
-- reads the catalog, pydb.reference, the first rows of such tables   writes nothing   locks them as a SELECT does
-- raises nothing
create or replace function pydb_internal.reference_kinds(p_schema text)
returns table (child oid, child_column name, parent oid, parent_column name, reason text, filter text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    v_pair record;
    v_kinds text[];
begin
    for v_pair in
        select k.*
        from pydb_internal.reference_kind_columns() as k
        inner join pg_class as c on c.oid = k.relation
        where (p_schema is null or k.schema = p_schema) and not row_security_active(k.relation)
            and has_schema_privilege(c.relnamespace, 'USAGE') and has_table_privilege(k.relation, 'SELECT')
    loop
        begin
            perform pydb_internal.relation_check_names(
                array[v_pair.relation], pydb_internal.relation_names(array[v_pair.relation])
            );
            execute format(
                -- not as a cast: the owner of an enum may have made one
                'select array_agg(distinct format(''%%s'', s.v)) from (
                    select t.%I as v from %s as t limit 10000
                ) as s where s.v is not null',
                v_pair.kind_column, pydb_internal.relation_source(v_pair.relation)
            ) into v_kinds;
        exception when lock_not_available or undefined_table or undefined_column or sqlstate 'YD113' then
            continue;
        end;
        -- App\Models\Post, blog.post and posts are rows of post
        return query
        select
            v_pair.relation, v_pair.column_name, f.parent, f.column_name,
            format('%I says so: %s', v_pair.kind_column, f.kind),
            case when strpos(f.kind, chr(92)) = 0 then format('%I = %L', v_pair.kind_column, f.kind)
                -- a condition holds no backslash
                else format('%I like %L', v_pair.kind_column, translate(f.kind, chr(92), '_'))
            end
        from (
            select
                u.kind, p.relation as parent, p.column_name,
                rank() over (partition by u.kind order by p.schema <> v_pair.schema, w.is_short) as place
            from unnest(v_kinds) as u (kind)
            inner join pydb_internal.reference_open_columns() as p on p.is_primary
                and pydb_internal.reference_comparable(v_pair.base_type, p.base_type)
            inner join lateral (
                select x.is_short
                from (
                    select s.word, false as is_short
                    from unnest(pydb_internal.reference_words(p.table_name)) as s (word)
                    union all
                    select s.word, true
                    from unnest(pydb_internal.reference_short_words(p.table_name)) as s (word)
                ) as x
                where x.word = any(pydb_internal.reference_words(regexp_replace(u.kind, '^.*[.:/\\]', '')::name))
                order by x.is_short
                limit 1
            ) as w on true
        ) as f
        where f.place = 1 and not exists (
            select 1 from pydb_internal.reference_logical(array[f.parent], null) as r
            where r.child = v_pair.relation and r.child_columns = array[v_pair.column_name]
        );
    end loop;
end
$$;

comment on function pydb_internal.reference_kinds(text) is
'Proposals of references with a condition, not measured: for commentable_id beside commentable_type, a table for each
value that is called like it (Post, posts, blog.post), with the condition; tables of the same schema before others.';

revoke all on function pydb_internal.reference_kinds(text) from public;
