-- pydb_internal.archive_table_store (table): make the archive of a table, or let it follow columns that were added.
-- reads the catalog   writes schema pydb_archive, pydb.archive_table   locks an archive that it alters
-- raises YD005
create or replace function pydb_internal.archive_table_store(p_draft bigint)
returns oid
language plpgsql
security definer -- archives belong to the owner of pydb, so that nobody changes what is in them
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('archive_table', p_draft);
    v_source constant oid := (v_draft.content ->> 'source')::oid;
    v_name constant text := pydb_internal.relation_name(v_source);
    v_drift record;
    v_archive text;
begin
    -- two at once: the second waits, and sees the first
    perform pg_advisory_xact_lock(hashtextextended('pydb.archive_table', v_source::bigint));
    v_drift := pydb_internal.archive_drift(v_source);
    if v_drift.archive is null then
        delete from pydb.archive_table as t where t.source = v_source; -- somebody dropped it
        v_archive := format('pydb_archive.%I', pydb_internal.archive_name(v_source));
        execute format(
            'create table %s (%s, pydb_run_id bigint not null, pydb_archived_at timestamptz not null)', v_archive, (
                select string_agg(format('%I %s', c.name, c.type), ', ' order by c.place)
                from pydb_internal.archive_columns(v_source) as c
            )
        );
        -- where all tables are published, a delete needs to say which row; there is no key
        execute format('alter table %s replica identity full', v_archive);
        execute format('comment on table %s is %L', v_archive, 'Rows that pydb deleted from ' || v_name || '.');
        execute format(
            'create trigger archive_guard before insert or update or delete or truncate on %1$s
            for each statement execute function pydb_internal.archive_guard()', v_archive
        );
        execute format('alter table %s enable always trigger archive_guard', v_archive);
        insert into pydb.archive_table (archive, source, source_name, created_by)
        values (v_archive::regclass, v_source, v_name, v_draft.author);
        v_drift := pydb_internal.archive_drift(v_source);
        perform pydb_internal.archive_schedule();
    elsif v_drift.problem is null and cardinality(v_drift.added) > 0 then
        execute format(
            'alter table %s %s', pydb_internal.relation_name(v_drift.archive), array_to_string(v_drift.added, ', ')
        );
    end if;
    if v_drift.problem is null then
        update pydb.archive_table as t
        set columns = (
            select jsonb_object_agg(c.name, c.place) from pydb_internal.archive_columns(v_source) as c
        )
        where t.source = v_source;
    end if;
    return v_drift.archive;
end
$$;

comment on function pydb_internal.archive_table_store(bigint) is
'Makes the archive of the table whose draft was checked in this transaction, or adds the columns that its table got
since; returns it. What cannot be followed is left for archive_open to say.';

revoke all on function pydb_internal.archive_table_store(bigint) from public;
