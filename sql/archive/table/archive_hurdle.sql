-- pydb_internal.archive_hurdle (table): what keeps a role from archiving rows of a table, the
-- first thing.
-- reads the catalog, pydb.archive_table   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_hurdle(p_table oid, p_role oid, out said text, out cure text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source oid;
    v_drift record;
begin
    for v_source in
        with recursive heir as (
            select pydb_internal.archive_top(p_table) as relation
            union
            select i.inhrelid
            from heir as h
            inner join pg_inherits as i on i.inhparent = h.relation
            inner join pg_class as c on c.oid = i.inhrelid and not c.relispartition
        )

        select h.relation from heir as h order by h.relation
    loop
        said := pydb_internal.archive_problem(v_source);
        cure := coalesce(
            substring(said from 'grant usage .*;$'), format('psql: \d %s', pydb_internal.relation_name(v_source))
        );
        if said is null then
            v_drift := pydb_internal.archive_drift(v_source);
            said := v_drift.problem;
            cure := v_drift.cure;
        end if;
        if said is null and v_drift.archive is not null
            and not has_table_privilege(p_role, v_drift.archive, 'INSERT')
        then
            said := format('it may not add to %s', pydb_internal.relation_name(v_drift.archive));
            cure := format(
                'grant usage on schema pydb_archive to %1$s; grant insert on %2$s to %1$s; -- as roles.sql does',
                p_role::regrole, pydb_internal.relation_name(v_drift.archive)
            );
        end if;
        exit when said is not null;
    end loop;
    said := rtrim(said, ';');
end
$$;

comment on function pydb_internal.archive_hurdle(oid, oid) is
'Why rows of a table, and of those that inherit from it, cannot go into archives as things are (archive_problem,
archive_drift, a missing privilege), and what cures it; null where nothing is in the way.';

revoke all on function pydb_internal.archive_hurdle(oid, oid) from public;
