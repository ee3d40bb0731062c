-- pydb_internal.retention_chunk_problem (chunk): why chunks of a hypertable cannot go by the time of a column.
-- reads the catalog, pydb.reference, the catalog of TimescaleDB   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_chunk_problem(p_policy pydb.retention_policy)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_column name;
    v_child oid;
begin
    if not pydb_internal.retention_chunk_is_served() then
        return 'It is a hypertable, and the TimescaleDB here has no drop_chunks (relation, older_than, newer_than, …),'
            ' show_chunks and timescaledb_information.chunks of its own';
    elsif p_policy.partition <> 'drop' or p_policy.partition_first is not null then
        return 'It is a hypertable: TimescaleDB drops its chunks, and pydb can neither keep nor move them, nor save'
            ' their rows first';
    elsif pydb_internal.retention_has_rules(p_policy) then
        return 'It is a hypertable, and the policy has rules that keep single rows: a chunk goes as a whole';
    end if;
    select k.child into v_child
    from (
        select f.conrelid as child, f.confrelid as parent from pg_constraint as f where f.contype = 'f' union all
        select r.child, r.parent from pydb.reference as r -- set before it became a hypertable, or of a chunk
    ) as k
    where k.parent in (
        select p_policy.target::oid union all
        select i.inhrelid from pg_inherits as i where i.inhparent = p_policy.target
    )
    limit 1;
    if found then
        return format(
            'It is a hypertable that %s references: which of its chunks could go is not for pydb to say',
            pydb_internal.relation_name(v_child)
        );
    end if;
    execute 'select d.column_name
        from timescaledb_information.dimensions as d
        inner join pg_catalog.pg_namespace as n on n.nspname = d.hypertable_schema
        inner join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = d.hypertable_name
        where c.oid = $1
        order by d.dimension_number limit 1' into v_column using p_policy.target;
    return case
        when v_column is distinct from p_policy.time_column then format(
            'Its chunks are ranges of %s, and the time is in %I', coalesce(quote_ident(v_column), 'no column'),
            p_policy.time_column
        )
        when p_policy.time_unit = 'uuidv7' then 'The ranges of its chunks are of uuids, which pydb does not compare'
    end;
end
$$;

comment on function pydb_internal.retention_chunk_problem(pydb.retention_policy) is
'What is missing, in words; null where drop_chunks of TimescaleDB can do what the policy says.';

revoke all on function pydb_internal.retention_chunk_problem(pydb.retention_policy) from public;
