-- pydb_internal.archive_key (import; by archive_import_same): how rows of a file are found again in their table: by its
-- primary key.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_key(p_relation oid, p_place oid, out match text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(
        format('t.%1$I operator(%2$I.%3$s) i.%1$I', a.attname, n.nspname, o.oprname), ' and ' order by k.place
    )
    from pg_index as x
    cross join lateral unnest(x.indkey::int2[], x.indclass::oid[]) with ordinality as k (attnum, opclass, place)
    inner join pg_attribute as a on a.attrelid = x.indrelid and a.attnum = k.attnum
    left join pg_attribute as f on f.attrelid = p_place and f.attname = a.attname and f.attnum > 0
    inner join pg_opclass as c on c.oid = k.opclass
    inner join pg_amop as p
        on p.amopfamily = c.opcfamily and p.amopstrategy = 3 and p.amoplefttype = c.opcintype
        and p.amoprighttype = c.opcintype
    inner join pg_operator as o on o.oid = p.amopopr
    inner join pg_namespace as n on n.oid = o.oprnamespace
    where x.indrelid = p_relation and x.indisprimary and k.place <= x.indnkeyatts
    -- an operator is a function of its owner; and a file does not have what is generated
    having bool_and(f.attname is not null) and bool_and(
        pydb_internal.object_is_trusted('pg_operator'::regclass, o.oid, o.oprnamespace, o.oprowner)
    );
$$;

comment on function pydb_internal.archive_key(oid, oid) is
'Condition that a row t has the same primary key as a row i of p_place; null without such a key.';

revoke all on function pydb_internal.archive_key(oid, oid) from public;
