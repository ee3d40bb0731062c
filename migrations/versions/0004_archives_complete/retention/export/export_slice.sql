-- pydb_internal.export_slice (export; by export_turn): some of the rows that a file holds, as a part that
-- retention_turn deletes.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.export_slice(
    p_policy pydb.retention_policy,
    p_work pydb_internal.retention_work,
    p_chunk pydb_internal.archive_chunk,
    p_from bigint
)
returns pydb_internal.run_part
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until constant bigint := p_from + least(p_work.index_range, p_policy.rows_per_second, 20000);
    v_versions constant xid[] := pydb_internal.archive_versions(p_chunk.manifest_id, p_chunk.number);
    v_part pydb_internal.run_part;
begin
    if pydb_internal.relation_name(p_chunk.relation) is not null then
        v_part := pydb_internal.retention_part(
            p_policy, p_chunk.relation, p_work.cutoff, 'whole', 0, v_until - p_from
        );
    end if;
    v_part.relation := p_chunk.relation;
    v_part.strategy := 'whole';
    v_part.subject := format('%s/%s', p_chunk.manifest_id, p_chunk.number);
    v_part.at_block := least(v_until, cardinality(p_chunk.tids));
    v_part.is_ended := v_versions is null
        or pydb_internal.archive_places(p_chunk.manifest_id, p_chunk.number, p_from, p_from + 1) is null;
    v_part.is_again := false; -- another sweep exports what the rows of this one keep
    -- These versions and no others: a place alone may hold another row by now. Whatever came to such a place after the
    -- file was read is of a transaction that the file's snapshot did not see, and all versions of the file are of ones
    -- that it saw: so the place, and any of the versions, are together as good as the pair. Where these are many, it is
    -- written so that no join can be made of it, whose order would be a guess; the age of a version is as good as the
    -- version, and can be sorted.
    v_part.condition := format(
        't.ctid operator(pg_catalog.=) any((select pydb_internal.archive_places(%s, %s, %s, %s))::pg_catalog.tid[])
        and %s and %s',
        p_chunk.manifest_id, p_chunk.number, p_from, v_part.at_block,
        case
            when cardinality(v_versions) <= 8
                then format('t.xmin operator(pg_catalog.=) any(%L::pg_catalog.xid[])', v_versions)
            else format(
                'case when pg_catalog.age(t.xmin) in (
                    select pg_catalog.age(u.version)
                    from pg_catalog.unnest(pydb_internal.archive_versions(%s, %s)) as u (version)
                ) then true else false end', p_chunk.manifest_id, p_chunk.number
            )
        end, v_part.condition
    );
    return v_part;
end
$$;

comment on function pydb_internal.export_slice(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.archive_chunk, bigint
) is
'Part for the rows of a chunk behind p_from, as many as a batch may take: its condition holds for exactly these
versions, and only while they are what the policy deletes; at_block says where the next one begins.';

revoke all on function pydb_internal.export_slice(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.archive_chunk, bigint
) from public;
