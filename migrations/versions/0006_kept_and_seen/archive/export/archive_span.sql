-- pydb_internal.archive_span (export; for pydb/archive/kept.py): from when to when the rows are that a run has in
-- archives, by the time column of its policy.
-- reads pydb.archive_run, the archives   writes nothing   locks nothing
-- raises 42501
create or replace function pydb_internal.archive_span(p_run_id bigint)
returns table (relation text, time_column name, oldest timestamptz, newest timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' -- in which the archive has what has no zone of its own
as $$
declare
    v_run pydb.archive_run;
    v_rows bigint;
begin
    for v_run in
        select r.*
        from pydb.archive_run as r
        inner join pg_attribute as a on a.attrelid = r.archive and a.attname = r.time_column and not a.attisdropped
        where r.run_id = p_run_id and r.rows > r.restored + r.purged
        order by r.source_name
    loop
        -- where they were appended, and if some lie elsewhere by now, everywhere
        for v_try in 1 .. 2 loop
            execute format(
                'select count(*), min(a.%1$I) filter (where a.%1$I between ''0001-01-02'' and ''9999-12-30''),
                    max(a.%1$I) filter (where a.%1$I between ''0001-01-02'' and ''9999-12-30'')
                from only %2$s as a where a.pydb_run_id = %3$s%4$s', v_run.time_column,
                pydb_internal.relation_name(v_run.archive), v_run.run_id, case
                    when v_try = 1 and v_run.filenode = pg_relation_filenode(v_run.archive) then format(
                        ' and a.ctid >= ''(%s,0)'' and a.ctid < ''(%s,0)''', v_run.from_block, v_run.to_block
                    ) else ''
                end
            ) into v_rows, oldest, newest;
            exit when v_rows >= v_run.rows - v_run.restored - v_run.purged;
        end loop;
        relation := v_run.source_name;
        time_column := v_run.time_column;
        return next;
    end loop;
end
$$;

comment on function pydb_internal.archive_span(bigint) is
'One row a table of a run that a policy archived, with the oldest and newest time among what is still in its archive;
times that are infinite or before our era are left out. None for what went along, which has no time of its own.';

revoke all on function pydb_internal.archive_span(bigint) from public;
