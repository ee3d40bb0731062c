-- pydb_internal.reference_advise (set; by reference_set): say, as notices, which indexes a logical reference lacks,
-- with the statements that add them.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_advise(
    p_child regclass, p_child_attnums smallint[], p_parent regclass, p_parent_attnums smallint[]
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_end record;
begin
    for v_end in
        select u.relation, u.need, quote_names.columns, c.relkind = 'p' as is_partitioned,
            pydb_internal.reference_stored_command(u.relation, pydb_internal.column_names(u.relation, u.attnums))
                as stored
        from (
            values
            (1, p_child::oid, p_child_attnums, 'each cascade reads all of %s'),
            (2, p_parent::oid, p_parent_attnums, 'each look for orphans reads all of %s')
        ) as u (ord, relation, attnums, need)
        inner join pg_class as c on c.oid = u.relation
        cross join lateral (
            select string_agg(quote_ident(n.name), ', ' order by n.ord) as columns
            from unnest(pydb_internal.column_names(u.relation, u.attnums)) with ordinality as n (name, ord)
        ) as quote_names
        where not pydb_internal.reference_is_indexed(u.relation, u.attnums) and not (
            -- with its condition, another index may do
            u.ord = 1 and exists (
                select 1 from pydb_internal.reference_edges_among(array[p_parent::oid]) as e
                where e.kind = 'logical' and e.child = p_child and e.is_indexed
                    and e.child_columns = pydb_internal.column_names(p_child, p_child_attnums)
            )
        )
        order by u.ord
    loop
        raise notice using
            message = format(
                '%s has no index on (%s): ' || v_end.need, pydb_internal.relation_name(v_end.relation), v_end.columns,
                pydb_internal.relation_name(v_end.relation)
            ),
            hint = concat_ws(' -- then: ', v_end.stored, format(
                'create index %son %s (%s);', case when v_end.is_partitioned then '' else 'concurrently ' end,
                pydb_internal.relation_name(v_end.relation), v_end.columns
            ));
    end loop;
    if not exists (
        select 1 from pg_index as i
        where i.indrelid = p_parent and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
            and (string_to_array(i.indkey::text, ' ')::int2[])[1:i.indnkeyatts] <@ p_parent_attnums
    ) then
        raise notice using
            message = format('(%s) is no unique key of %s: a child can have several parents', array_to_string(
                pydb_internal.column_names(p_parent, p_parent_attnums), ', '), pydb_internal.relation_name(p_parent)),
            hint = 'A cascade takes the child with the first of them.';
    end if;
end
$$;

comment on function pydb_internal.reference_advise(regclass, smallint[], regclass, smallint[]) is
'Raises notices where an end of a reference has no index, or the parent no unique key; a reference needs neither.';

revoke all on function pydb_internal.reference_advise(regclass, smallint[], regclass, smallint[]) from public;
