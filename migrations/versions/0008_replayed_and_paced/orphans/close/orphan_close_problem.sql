-- pydb_internal.orphan_close_problem (close; by orphan_close_plan): why a reference cannot become a foreign key as it
-- is, and what to type first.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_close_problem(p_edge pydb_internal.reference_edge, p_name text)
returns table (why text, cure text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_enforced boolean := true;
    v_stored constant text := nullif(concat_ws(
        ' ', pydb_internal.reference_stored_command(p_edge.child, p_edge.child_columns),
        pydb_internal.reference_stored_command(p_edge.parent, p_edge.parent_columns)
    ), '');
begin
    if p_edge.kind = 'declared' then
        -- pg_constraint.conenforced came with PostgreSQL 18
        select coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) into v_is_enforced
        from pg_constraint as k where k.oid = p_edge.constraint_id;
        return query
        select
            'The key is declared NOT ENFORCED: it would be checked under a lock that keeps writers out.',
            format('alter table %s alter constraint %I enforced;', pydb_internal.relation_name(p_edge.child), p_name)
        where not v_is_enforced;
        return;
    end if;
    return query
    select t.why, t.cure
    from (
        values
        (
            p_edge.filter is not null or p_edge.parent_filter is not null,
            'It has a condition, which a foreign key cannot have.',
            format(
                'With a column that has the key only where the condition is true, reference that instead: '
                'alter table %s add column %I %s generated always as (case when %s then %I end) stored;',
                pydb_internal.relation_name(p_edge.child), left(p_edge.child_columns[1], 50) || '_key', (
                    select format_type(a.atttypid, a.atttypmod) from pg_attribute as a
                    where a.attrelid = p_edge.child and a.attname = p_edge.child_columns[1]
                ), coalesce(p_edge.filter, 'true'), p_edge.child_columns[1]
            )
        ),
        (
            p_name is null or octet_length(p_name) > 63,
            format('The name of the key would be %L: at most 63 bytes are possible.', p_name),
            'Set the reference again with a shorter p_name, then close that.'
        ),
        (
            exists (select 1 from pg_constraint as k where k.conrelid = p_edge.child and k.conname = p_name),
            format('%s has another constraint %I.', pydb_internal.relation_name(p_edge.child), p_name),
            'Rename one of them.'
        ),
        (
            exists (
                select 1 from pg_class as c where c.oid in (p_edge.child, p_edge.parent) and c.relkind not in ('r', 'p')
            ), 'Only tables can have foreign keys.', 'Keep it as a logical reference.'
        ),
        (
            v_stored is not null,
            'It has a virtual column: make it stored, views on it go before, and set the reference again after.',
            v_stored
        ),
        (
            p_edge.on_delete in ('n', 'd') and exists (
                select 1 from pg_attribute as a
                where a.attrelid = p_edge.child and a.attname = any(p_edge.child_columns) and a.attgenerated <> ''
            ),
            'It has a generated column, which no action can set.',
            'Set the reference again with p_on_delete cascade, restrict or no action, then close that.'
        ),
        (
            not exists (
                select 1 from pg_index as i
                where i.indrelid = p_edge.parent and i.indisunique and i.indisvalid and i.indimmediate
                    and i.indpred is null and i.indexprs is null and i.indnkeyatts = cardinality(p_edge.parent_columns)
                    and p_edge.parent_columns <@ pydb_internal.column_names(
                        p_edge.parent, (string_to_array(i.indkey::text, ' ')::int2[])[1:i.indnkeyatts]
                    )
            ),
            format(
                '%s has no unique key on (%s).', pydb_internal.relation_name(p_edge.parent),
                (select string_agg(quote_ident(u.n), ', ' order by u.o) from unnest(p_edge.parent_columns)
                    with ordinality as u (n, o))
            ),
            format(
                'create unique index concurrently on %s (%s);', pydb_internal.relation_name(p_edge.parent),
                (select string_agg(quote_ident(u.n), ', ' order by u.o) from unnest(p_edge.parent_columns)
                    with ordinality as u (n, o))
            )
        ),
        (
            current_setting('server_version_num')::integer < 180000
            and exists (select 1 from pg_class as c where c.oid = p_edge.child and c.relkind = 'p'),
            'Before PostgreSQL 18 a partitioned table takes no NOT VALID key. With the statement below it is checked '
            || 'under a lock that keeps writers out.',
            pydb_internal.orphan_key(p_edge, p_edge.child, p_name) || ';'
        )
    ) as t (is_so, why, cure)
    where t.is_so
    limit 1;
end
$$;

comment on function pydb_internal.orphan_close_problem(pydb_internal.reference_edge, text) is
'No row if a reference can be closed; else why not, and the statement that helps.';

revoke all on function pydb_internal.orphan_close_problem(pydb_internal.reference_edge, text) from public;
