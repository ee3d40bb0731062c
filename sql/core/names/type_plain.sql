-- pydb_internal.type_plain (names): the type as which a value can be read, made from text and compared without running
-- a function that somebody other than a superuser wrote.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.type_plain(p_type oid)
returns oid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type pg_type;
begin
    select t.* into v_type from pg_type as t where t.oid = p_type;
    while v_type.typtype = 'd' loop -- its checks may call anything
        select t.* into v_type from pg_type as t where t.oid = v_type.typbasetype;
    end loop;
    if v_type.oid is null then
        return null;
    elsif v_type.typnamespace = 'pg_catalog'::regnamespace or (
        v_type.typtype in ('b', 'r', 'm') and v_type.typelem = 0
        and pydb_internal.object_is_trusted('pg_type', v_type.oid, v_type.typnamespace, v_type.typowner)
    ) then
        return v_type.oid;
    elsif v_type.typtype = 'e' then
        -- made of words alone, unless its owner made a cast of it
        return case when not exists (
            select from pg_cast as c where v_type.oid in (c.castsource, c.casttarget) and c.castmethod = 'f'
        ) then v_type.oid end;
    elsif v_type.typelem <> 0 and v_type.typsubscript = 'array_subscript_handler'::regproc
        and pydb_internal.type_plain(v_type.typelem) = v_type.typelem
    then
        return v_type.oid;
    end if;
    return null; -- composites, and arrays and ranges of domains: their text may hold what a domain then checks
end
$$;

comment on function pydb_internal.type_plain(oid) is
'The type itself where it is of PostgreSQL, of a superuser''s extension, an enum without casts by functions, or an array
of such; the base type of a domain over one; null where its values may run what its owner wrote.';

revoke all on function pydb_internal.type_plain(oid) from public;
