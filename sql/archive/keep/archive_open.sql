-- pydb_internal.archive_open (keep): have an archive ready for each of some tables before a run deletes from them.
-- reads the catalog, pydb.archive_table   writes schema pydb_archive, pydb.archive_table, pydb.archive_run
-- locks the archives (row exclusive), one that it alters (access exclusive)
-- raises YD005 YD601 YD602
create or replace function pydb_internal.archive_open(p_run_id bigint, p_relations oid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
declare
    v_each record;
    v_drift record;
    v_archive oid;
    v_name text;
begin
    -- who renames a column of an archive waits, or is seen below
    for v_name in
        select pydb_internal.relation_name(min(t.archive::oid))
        from unnest(p_relations) as u (relation)
        inner join pydb.archive_table as t on t.source = pydb_internal.archive_top(u.relation)
        inner join pg_class as c on c.oid = t.archive
        group by t.archive
        order by t.archive
    loop
        execute format('lock table only %s in row exclusive mode', v_name);
    end loop;
    for v_each in
        select o.source, min(o.relation) as relation
        from (
            select pydb_internal.archive_top(u.relation) as source, u.relation
            from unnest(p_relations) as u (relation)
        ) as o
        -- a run looks once at each table, and again where its columns or those of its archive, or rules, are others
        where not exists (
            select
            from pydb.archive_table as t
            inner join pydb.archive_run as a on a.archive = t.archive and a.run_id = p_run_id
            inner join pg_class as c on c.oid = o.relation and not c.relhasrules
            where t.source = o.source and a.signature = pydb_internal.archive_signature(t.source, t.archive)
        )
        group by o.source
        order by o.source
    loop
        perform pydb_internal.archive_check_table(v_each.source);
        v_drift := pydb_internal.archive_drift(v_each.source);
        if v_drift.problem is not null then
            raise exception using errcode = 'YD602',
                message = format(
                    '%s is no longer what its archive was made for', pydb_internal.relation_name(v_each.source)
                ),
                detail = v_drift.problem || '. Nothing was deleted.', hint = v_drift.cure;
        end if;
        v_archive := v_drift.archive;
        if v_archive is null or cardinality(v_drift.added) > 0 then
            v_archive := pydb_internal.archive_table_store(
                pydb_internal.draft_add('archive_table', jsonb_build_object('source', v_each.relation))
            );
        end if;
        perform pydb_internal.archive_enroll(p_run_id, v_archive);
    end loop;
end
$$;

comment on function pydb_internal.archive_open(bigint, oid[]) is
'Makes the archives of some tables, or lets them follow, and enters the run into pydb.archive_run for each, which
is what lets it write there: once a run, and again where a table has changed meanwhile. YD602: a column has another type
or name than its archive knows. Columns of archives stay as they are until the caller''s transaction ends.';

revoke all on function pydb_internal.archive_open(bigint, oid[]) from public;
