-- Removes schemas pydb, pydb_internal and pydb_archive with all they hold; refused while an object outside needs one inside.
do $remove$
declare
    v_found text;
begin
    with recursive inside as (
        select d.classid, d.objid
        from pg_catalog.pg_depend as d
        where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
            and d.refobjid in (
                'pydb'::pg_catalog.regnamespace::pg_catalog.oid, 'pydb_internal'::pg_catalog.regnamespace::pg_catalog.oid,
                pg_catalog.to_regnamespace('pydb_archive')::pg_catalog.oid
            )
        union
        select d.classid, d.objid
        from inside as i
        join pg_catalog.pg_depend as d on d.refclassid = i.classid and d.refobjid = i.objid
        where d.deptype in ('a', 'i')
    ),

    dependent as (
        select distinct d.classid, d.objid, d.objsubid
        from inside as i
        join pg_catalog.pg_depend as d on d.refclassid = i.classid and d.refobjid = i.objid
        where d.deptype = 'n'
            and not exists (select from inside as o where o.classid = d.classid and o.objid = d.objid)
    )

    select pg_catalog.string_agg(x.described, ', ' order by x.described collate "C") into v_found
    from (
        select distinct pg_catalog.pg_describe_object(p.classid, p.objid, p.objsubid) as described
        from dependent as p
    ) as x;
    if v_found is not null then
        raise exception using errcode = '2BP01',
            message = 'objects outside schema pydb depend on it',
            detail = v_found,
            hint = 'drop them first, then repeat the command';
    end if;
    execute 'drop schema if exists pydb_archive cascade';
    execute 'drop schema pydb, pydb_internal cascade';
end
$remove$;
