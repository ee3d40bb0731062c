-- pydb_internal.relation_check_names (naming): before SQL is made that names some tables: from here to the commit each
-- of them keeps its name and its columns.
-- reads the catalog   writes nothing   locks the tables (access share)
-- raises 55P03 YD113
create or replace function pydb_internal.relation_check_names(p_relations oid[], p_names text default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    for v_try in 1..5 loop
        if not pydb_internal.relation_renamed(p_relations, p_names) then
            return;
        end if;
        exit when p_names is not null; -- who made them sees no others
    end loop;
    raise exception using errcode = 'YD113', message = 'a table was changed meanwhile',
        detail = format('Among: %s.', (
            select string_agg(f.name, ', ')
            from (
                select pydb_internal.relation_name(u.relation) as name
                from unnest(p_relations) as u (relation) order by name limit 5
            ) as f
        )),
        hint = 'Try it again; in a transaction of isolation repeatable read, from its beginning.';
end
$$;

comment on function pydb_internal.relation_check_names(oid[], text) is
'Locks tables by their names until each name means the table that it meant before. p_names: relation_names of a caller
that is stable, and goes on with what its snapshot says: another answer by now is an error.';

revoke all on function pydb_internal.relation_check_names(oid[], text) from public;
