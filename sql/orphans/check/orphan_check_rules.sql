-- pydb_internal.orphan_check_rules (check; by orphan_repair_open): refuse a repair whose rows a rule takes further, or
-- does not let go into quarantine.
-- reads the catalog   writes nothing   locks nothing
-- raises YD016
create or replace function pydb_internal.orphan_check_rules(p_child oid, p_mode text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rule record;
begin
    select r.* into v_rule
    from pydb_internal.relation_rules(
        array(select l.relation from pydb_internal.orphan_leaves(p_child) as l),
        case p_mode when 'nullify' then 'update' else 'delete' end
    ) as r
    -- PostgreSQL runs no rule for a delete whose rows are returned to another statement
    where r.deletes or p_mode = 'quarantine'
    order by r.relation, r.rule
    limit 1;
    if found then
        raise exception using errcode = 'YD016', message = format('rule %I is in the way of a repair', v_rule.rule),
            detail = case when v_rule.deletes then v_rule.said || '.'
                else v_rule.said || '; PostgreSQL runs no rule for rows that go into quarantine.' end,
            hint = v_rule.cure;
    end if;
end
$$;

comment on function pydb_internal.orphan_check_rules(oid, text) is
'Raises YD016 for a rule on the child that deletes rows of its own, and in mode quarantine for any rule on delete.';

revoke all on function pydb_internal.orphan_check_rules(oid, text) from public;
