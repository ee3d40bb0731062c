-- pydb_internal.archive_problem (table): why the rows of a table cannot be archived.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_problem(p_relation oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source constant oid := pydb_internal.archive_top(p_relation);
    v_owner constant oid := (select n.nspowner from pg_namespace as n where n.nspname = 'pydb_archive');
    v_what constant text := pydb_internal.relation_problem(v_source);
begin
    if v_what is not null then
        return 'it is ' || v_what;
    end if;
    return (
        select p.said
        from (
            select format('its column %I is the name of one that every archive has', c.name) as said
            from pydb_internal.archive_columns(v_source) as c
            where c.name in ('pydb_run_id', 'pydb_archived_at')
            union all
            select 'it has more than 1598 columns, an archive has two more'
            from pydb_internal.archive_columns(v_source) as c
            having count(*) > 1598
            union all
            -- a rule takes the place of the delete, or stands beside it, and neither returns rows
            select format(
                'rule %I of %s changes what a delete does', r.rulename, pydb_internal.relation_name(r.ev_class)
            )
            from pg_rewrite as r
            where r.ev_type = '4' and r.ev_enabled <> 'D' and r.ev_class in (
                select v_source union select t.relid::oid from pg_partition_tree(v_source) as t
            )
            union all
            select format(
                'the type of its column %I is in schema %I, which the owner of pydb may not use: grant usage on schema '
                '%2$I to %s;', c.name, c.schema, v_owner::regrole
            )
            from pydb_internal.archive_columns(v_source) as c
            where not has_schema_privilege(v_owner, c.schema, 'USAGE')
        ) as p
        limit 1
    );
end
$$;

comment on function pydb_internal.archive_problem(oid) is
'Why a table has no archive: it is no table with rows of its own, has a column of a name that archives use, a rule
ON DELETE, or a type that the owner of pydb cannot name; null for one that can be archived.';

revoke all on function pydb_internal.archive_problem(oid) from public;
