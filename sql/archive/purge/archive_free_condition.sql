-- pydb_internal.archive_free_condition (purge): that no hold keeps a row of an archive, as SQL for alias a: what is
-- held of its table is held there.
-- reads pydb.archive_table, pydb.hold, the catalog   writes nothing   locks nothing
-- raises YD103 YD114 YD704
create or replace function pydb_internal.archive_free_condition(p_archive oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (select g.is_any from pydb_internal.hold_state() as g) then
        return '';
    end if;
    return coalesce((
        select pydb_internal.hold_free_condition(t.source, 'a', null, (
            select jsonb_object_agg(s.source::oid::text, pydb_internal.relation_name(s.archive))
            from pydb.archive_table as s
            where pydb_internal.relation_name(s.archive) is not null
        ))
        from pydb.archive_table as t
        -- of a table that is gone nobody can say any more what is held
        where t.archive = p_archive and exists (select from pg_class as c where c.oid = t.source)
    ), '');
end
$$;

comment on function pydb_internal.archive_free_condition(oid) is
'"and …" over alias a of an archive, or nothing: a row whose like would be held in its table, or that hangs on a row,
there or in an archive, which is.';

revoke all on function pydb_internal.archive_free_condition(oid) from public;
