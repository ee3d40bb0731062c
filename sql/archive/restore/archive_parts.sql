-- pydb_internal.archive_parts (restore): what a run has in the archives, table by table.
-- reads pydb.archive_run, pydb.archive_table, the archives   writes nothing   locks nothing above a select
-- raises YD604
create or replace function pydb_internal.archive_parts(p_run_id bigint)
returns pydb_internal.archive_part[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_all pydb_internal.archive_part[] := '{}'::pydb_internal.archive_part[];
    v_part pydb_internal.archive_part;
    v_found record;
    v_rows bigint;
begin
    for v_found in
        select r.*, t.source, c.oid as relation
        from pydb.archive_run as r
        inner join pydb.archive_table as t on t.archive = r.archive
        inner join pg_class as c on c.oid = r.archive
        where r.run_id = p_run_id and r.rows > r.restored + r.purged
        order by r.archive
    loop
        v_part := null;
        v_part.run_id := p_run_id;
        v_part.archive := v_found.relation;
        v_part.source := v_found.source;
        v_part.source_name := coalesce(pydb_internal.relation_name(v_found.source), v_found.source_name);
        v_part.rows := v_found.rows - v_found.restored - v_found.purged;
        v_part.kept := '{}';
        v_part.codes := '{}';
        v_part.found := '[]';
        if v_found.filenode = pg_relation_filenode(v_part.archive) then
            v_part.from_block := v_found.from_block;
            v_part.to_block := v_found.to_block;
        end if;
        loop
            execute format(
                'select count(*) from %s as a where %s', pydb_internal.relation_name(v_part.archive),
                pydb_internal.archive_condition(v_part, 1)
            ) into v_rows;
            exit when v_rows = v_part.rows;
            if v_part.from_block is null then
                raise exception using errcode = 'YD604',
                    message = format('the archive of %s is not what its books say', v_part.source_name),
                    detail = format('Run %s should have %s rows there, and has %s.', p_run_id, v_part.rows, v_rows),
                    hint = format('Look at it: select * from %s where pydb_run_id = %s;',
                        pydb_internal.relation_name(v_part.archive), p_run_id);
            end if;
            v_part.from_block := null; -- some took the place of rows that had left
        end loop;
        v_all := v_all || v_part;
    end loop;
    return array(
        select row(
            u.run_id, u.archive, u.source, u.source_name, o.place, u.rows, u.from_block, u.to_block, u.tids, u.kept,
            u.codes, u.found
        )::pydb_internal.archive_part
        from unnest(v_all) as u
        left join pydb_internal.archive_order(array(select s.source from unnest(v_all) as s)) as o
            on o.source = u.source
        order by o.place, u.source_name
    );
end
$$;

comment on function pydb_internal.archive_parts(bigint) is
'One part for each archive that still holds rows of a run, in the order in which they go back. YD604 where an archive
holds other rows than were put there.';

revoke all on function pydb_internal.archive_parts(bigint) from public;
