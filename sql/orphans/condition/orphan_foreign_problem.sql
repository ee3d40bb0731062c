-- pydb_internal.orphan_foreign_problem (condition): why rows of a table are not for pydb to put back: it belongs to an
-- extension, whose rows are its commands.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_foreign_problem(p_relation oid)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select format('part of extension %I', x.extname)
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_extension as x on x.oid = d.refobjid
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = p_relation and d.objsubid = 0
            and d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'e'
    );
end
$$;

comment on function pydb_internal.orphan_foreign_problem(oid) is
'What to read after "it is" for a table that belongs to an extension, such as cron.job; else null.';

revoke all on function pydb_internal.orphan_foreign_problem(oid) from public;
