-- pydb_internal.reference_equality (condition): how the columns of a reference compare: operators, and collations where
-- the sides differ.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_equality(
    p_child oid,
    p_child_attnums smallint[],
    p_parent oid,
    p_parent_attnums smallint[],
    p_equalities oid[],
    out operators text[],
    out collations text[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_differ boolean;
begin
    select
        -- a foreign key names its own operators; a logical one takes the parent type's, else what the server finds
        array_agg(coalesce((
            select format('operator(%I.%s)', n.nspname, o.oprname)
            from pg_catalog.pg_operator as o
            inner join pg_catalog.pg_namespace as n on n.oid = o.oprnamespace
            where o.oid = coalesce(u.equality, (
                select m.amopopr
                from pg_catalog.pg_opclass as s
                inner join pg_catalog.pg_am as x on x.oid = s.opcmethod and x.amname = 'btree'
                inner join pg_catalog.pg_amop as m on m.amopfamily = s.opcfamily and m.amopstrategy = 3
                    and m.amoplefttype = s.opcintype and m.amoprighttype = s.opcintype
                where s.opcdefault and s.opcintype = b.base_type
            ))
        ), 'operator(pg_catalog.=)') order by u.ord),
        array_agg(coalesce((
            select format(' collate %I.%I', n.nspname, l.collname)
            from pg_catalog.pg_collation as l
            inner join pg_catalog.pg_namespace as n on n.oid = l.collnamespace
            where l.oid = p.attcollation and p.attcollation <> a.attcollation
        ), '') order by u.ord),
        -- types below are PostgreSQL's own, and so are their casts
        bool_or(a.atttypid <> p.atttypid and greatest(a.atttypid, p.atttypid) >= 16384)
    into operators, collations, v_differ
    from unnest(p_child_attnums, p_parent_attnums, p_equalities)
    with ordinality as u (child_attnum, parent_attnum, equality, ord)
    inner join pg_catalog.pg_attribute as a on a.attrelid = p_child and a.attnum = u.child_attnum
    inner join pg_catalog.pg_attribute as p on p.attrelid = p_parent and p.attnum = u.parent_attnum
    -- asked once, not once a class of operators
    cross join lateral (
        select case when u.equality is null then pydb_internal.reference_base_type(p.atttypid) end as base_type offset 0
    ) as b;
    if v_differ then
        -- the server may go through a cast by a function that the owner of a type wrote, and that would run as whoever
        -- looks: only one whose owner could have run it as this role. There is no such operator: key_match knows it
        operators := (
            select array_agg(
                coalesce('operator(pydb_internal.=) /* ' || k.castfunc::oid || ' */', u.operator) order by u.ord
            )
            from unnest(operators, p_child_attnums, p_parent_attnums)
            with ordinality as u (operator, child_attnum, parent_attnum, ord)
            inner join pg_catalog.pg_attribute as a on a.attrelid = p_child and a.attnum = u.child_attnum
            inner join pg_catalog.pg_attribute as p on p.attrelid = p_parent and p.attnum = u.parent_attnum
            left join lateral (
                select c.castfunc
                from pg_catalog.pg_cast as c
                inner join pg_catalog.pg_proc as f on f.oid = c.castfunc
                where c.castcontext = 'i' and f.pronamespace <> 'pg_catalog'::regnamespace
                    and not pg_has_role(f.proowner, current_user, 'MEMBER') and c.castsource in (
                        pydb_internal.reference_base_type(a.atttypid), pydb_internal.reference_base_type(p.atttypid)
                    )
                order by c.oid
                limit 1
            ) as k on a.atttypid <> p.atttypid
        );
    end if;
end
$$;

comment on function pydb_internal.reference_equality(oid, smallint[], oid, smallint[], oid[]) is
'Operators (schema-qualified, parent on the left) and COLLATE clauses with which a reference compares its columns; an
operator that key_match refuses, where comparing would run a function of somebody who could not run it as the current
role himself.';

revoke all on function pydb_internal.reference_equality(oid, smallint[], oid, smallint[], oid[]) from public;
