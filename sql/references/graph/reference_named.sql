-- pydb_internal.reference_named (graph): the tables that conditions about the rows of a table may name: itself, and
-- those that references lead to from there, however far.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_named(p_relation oid, p_is_below boolean default false)
returns oid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_all oid[] := p_relation || array(
        select a.relid::oid from pg_partition_ancestors(p_relation) as a where a.relid <> p_relation
    );
    v_new oid[] := array[p_relation];
    v_line oid[];
    v_logical constant pydb.reference[] := array(
        select r::pydb.reference from pydb_internal.reference_logical(null, null) as r
    );
begin
    while cardinality(v_new) > 0 loop
        v_line := array(
            select u.relation from unnest(v_new) as u (relation)
            union
            select t.relid from unnest(v_new) as u (relation) cross join pydb_internal.relation_tree(u.relation) as t
            union
            select a.relid from unnest(v_new) as u (relation) cross join lateral pg_partition_ancestors(u.relation) as a
        );
        exit when v_logical = '{}' and not exists (
            select from pg_class as c where c.oid = any(v_line) and c.relhastriggers
        ) and not exists (
            select from pg_constraint as k where k.conrelid = any(v_line) and k.contype = 'f'
        ) and not pydb_internal.reference_has_silent(v_line);
        v_new := array(
            select distinct coalesce(pg_partition_root(l.there::regclass)::oid, l.there)
            from (
                select k.conrelid as here, k.confrelid as there from pg_constraint as k
                where k.contype = 'f' and k.conparentid = 0 and not p_is_below
                union all
                select k.confrelid, k.conrelid from pg_constraint as k where k.contype = 'f' and k.conparentid = 0
                union all
                select r.child, r.parent from unnest(v_logical) as r where not p_is_below
                union all
                select r.parent, r.child from unnest(v_logical) as r
            ) as l
            where l.here = any(v_line) and l.there <> all(v_line)
        );
        v_new := array(select u.relation from unnest(v_new) as u (relation) where u.relation <> all(v_all));
        v_all := v_all || v_new || array( -- a partition that has a key of its own is named by itself
            select k.conrelid from pg_constraint as k
            inner join pg_class as c on c.oid = k.conrelid and c.relispartition
            where k.contype = 'f' and k.conparentid = 0 and k.confrelid = any(v_line) and k.conrelid <> all(v_all)
        );
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.reference_named(oid, boolean) is
'Rather too many of them than too few; for relation_check_names. The table itself comes first. p_is_below: only those
that rows go with or are kept by, not what they hang on.';

revoke all on function pydb_internal.reference_named(oid, boolean) from public;
