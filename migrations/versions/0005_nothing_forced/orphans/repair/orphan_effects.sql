-- pydb_internal.orphan_effects (repair; by orphan_repair_open): what a repair would change beyond the orphans
-- themselves, and what would keep some of them.
-- reads the child, the tables that reference it and the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_effects(
    p_edge pydb_internal.reference_edge,
    p_mode text,
    p_condition text
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_ref pydb_internal.reference_edge;
    v_count bigint;
    v_type constant integer := case p_mode when 'nullify' then 16 else 8 end; -- pg_trigger.tgtype: update, delete
    v_all text[] := '{}'::text[];
begin
    for v_ref in
        select r.* from pydb_internal.reference_edges(p_edge.child) as r where p_mode <> 'nullify'
            and r.kind = 'declared'
    loop
        execute format(
            'select count(*) from %s as c where exists (select 1 from %s as t where %s and %s)',
            pydb_internal.relation_source(v_ref.child), pydb_internal.relation_source(p_edge.child),
                pydb_internal.reference_match(v_ref, 'c', 't'),
            p_condition
        ) into v_count;
        continue when v_count = 0;
        v_all := v_all || format(
            case
                when v_ref.on_delete in ('c', 'n', 'd') and not v_ref.is_enforced
                    then '%s of %s would be without a parent then: PostgreSQL does not act on %s'
                when v_ref.on_delete = 'c' then '%s of %s would be deleted too, through %s%s'
                when v_ref.on_delete in ('n', 'd') then '%s of %s would forget their parent, through %s'
                else '%s of %s reference orphans through %s and keep them'
            end, pydb_internal.rows_text(v_count), pydb_internal.relation_name(v_ref.child), v_ref.reference,
            case p_mode when 'quarantine' then ', and not be kept in quarantine' else '' end
        );
        if v_ref.on_delete = 'c' and v_ref.is_enforced then
            v_all := v_all || pydb_internal.orphan_effects_below(v_ref, p_edge.child, 't', p_condition, p_mode);
        end if;
    end loop;
    return v_all || array(
        select format('trigger %I of %s fires: what it does is not in this plan', g.tgname, l.name)
        from pydb_internal.orphan_leaves(p_edge.child) as l
        inner join pg_trigger as g on g.tgrelid = l.relation
        where not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & v_type = v_type
        order by l.name, g.tgname
    ) || array(
        select r.said
        from pydb_internal.relation_rules(
            array(select l.relation from pydb_internal.orphan_leaves(p_edge.child) as l),
            case p_mode when 'nullify' then 'update' else 'delete' end
        ) as r
        order by r.relation, r.rule
    ) || array(
        select format('%s is a foreign table: its orphans stay', l.name)
        from pydb_internal.orphan_leaves(p_edge.child) as l
        where l.is_foreign
    ) || array_remove(array[pydb_internal.superuser_text(array[p_edge.child], false)], null);
end
$$;

comment on function pydb_internal.orphan_effects(pydb_internal.reference_edge, text, text) is
'Warnings of a repair: rows that go with the orphans or keep them, with counts; triggers and rules, also as a superuser;
foreign partitions.';

revoke all on function pydb_internal.orphan_effects(pydb_internal.reference_edge, text, text) from public;
