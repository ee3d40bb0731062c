-- Refuses a schema pydb, pydb_internal or pydb_archive that is not ours (YD010) and a database that is newer than the code (YD011).
-- Runs with the advisory lock of migrations held, before the first change and again after the last one: "create or
-- replace" would otherwise adopt an object that somebody else made, and leave him its owner.
-- pydb.known_revisions holds the revisions that the code knows, separated by commas; not set: not checked.
do $guard$
declare
    v_schema record;
    v_ours boolean;
    v_found text;
    v_versions text[];
    v_known text := nullif(pg_catalog.current_setting('pydb.known_revisions', true), '');
begin
    v_ours := exists (
        select from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'pydb' and c.relname = 'alembic_version' and c.relkind = 'r'
    );
    for v_schema in
        select n.oid, n.nspname as name, r.rolname as owner, r.rolsuper as is_super
        from pg_catalog.pg_namespace as n
        join pg_catalog.pg_roles as r on r.oid = n.nspowner
        where n.nspname in ('pydb', 'pydb_archive', 'pydb_internal')
        order by n.nspname
    loop
        if not v_schema.is_super and v_schema.owner <> current_user then
            raise exception using errcode = 'YD010',
                message = pg_catalog.format('schema %I belongs to role %I', v_schema.name, v_schema.owner),
                detail = 'Only a schema of a superuser or of the role that installs pydb can be trusted.',
                hint = pg_catalog.format('if %1$I is who owns pydb here: PGOPTIONS=''-c role=%1$s'' pydb migrate up; '
                    || 'otherwise look into the schema and drop it', v_schema.owner);
        elsif not v_ours or v_schema.name = 'pydb_archive' and not exists (
            select from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
            where n.nspname = 'pydb' and c.relname = 'archive_table' and c.relkind = 'r'
        ) then
            raise exception using errcode = 'YD010',
                message = pg_catalog.format('schema %I exists and was not made by pydb', v_schema.name),
                detail = case when v_ours then 'There is no table pydb.archive_table.'
                    else 'There is no table pydb.alembic_version.' end,
                hint = pg_catalog.format('look into it with \d+ %1$I.* and \df %1$I.*; drop or rename it, then: '
                    || 'pydb migrate up', v_schema.name);
        end if;

        select pg_catalog.string_agg(
            pg_catalog.format('%s of %I', pg_catalog.pg_describe_object(d.classid, d.objid, 0), r.rolname), ', '
            order by pg_catalog.pg_describe_object(d.classid, d.objid, 0) collate "C"
        ) into v_found
        from pg_catalog.pg_depend as d
        join pg_catalog.pg_shdepend as s
            on s.classid = d.classid and s.objid = d.objid and s.objsubid = 0 and s.deptype = 'o'
            and s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
            and s.dbid = (
                select b.oid from pg_catalog.pg_database as b where b.datname = pg_catalog.current_database()
            )
        join pg_catalog.pg_roles as r on r.oid = s.refobjid
        where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = v_schema.oid
            and not r.rolsuper and r.rolname not in (current_user, v_schema.owner);
        if v_found is not null then
            raise exception using errcode = 'YD010',
                message = pg_catalog.format('schema %I holds objects of other roles', v_schema.name),
                detail = v_found,
                hint = 'look at them; drop them or move them to another schema, then: pydb migrate up';
        end if;
    end loop;
    if not v_ours then
        return;
    end if;

    if not exists (select from pg_catalog.pg_namespace as n where n.nspname = 'pydb_internal') then
        raise exception using errcode = 'YD010',
            message = 'schema pydb has no schema pydb_internal beside it',
            detail = 'It was dropped, or pydb was installed here before its first release, which has no way from there.',
            hint = 'keep what you need of its tables, then: drop schema pydb cascade; and: pydb migrate up';
    end if;
    execute 'select pg_catalog.array_agg(version_num::text) from pydb.alembic_version' into v_versions;
    if v_known is not null and not coalesce(v_versions <@ pg_catalog.string_to_array(v_known, ','), true) then
        raise exception using errcode = 'YD011',
            message = 'the database was migrated by a newer pydb',
            detail = pg_catalog.format('The database is at revision %s; this program knows %s.',
                pg_catalog.array_to_string(v_versions, ', '), v_known),
            hint = 'install a pydb that knows the revision: in its source tree: pip install --upgrade .';
    end if;
end
$guard$;
