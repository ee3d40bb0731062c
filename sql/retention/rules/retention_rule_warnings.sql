-- pydb_internal.retention_rule_warnings (rules; by retention_policy_warnings): what a plan must say of the rules of a
-- policy: who decides by them.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_rule_warnings(p_policy pydb.retention_policy)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_all pydb_internal.retention_warning[] := '{}'::pydb_internal.retention_warning[];
    v_people text;
begin
    if p_policy.keep_table is not null then
        select string_agg(distinct case w.grantee when 0 then 'everybody' else w.grantee::regrole::text end, ', ')
        into v_people
        from pg_class as c
        cross join lateral (
            select c.relowner as grantee
            union
            select x.grantee from aclexplode(c.relacl) as x
            where x.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
            union
            select x.grantee from pg_attribute as a cross join lateral aclexplode(a.attacl) as x
            where a.attrelid = c.oid and x.privilege_type in ('INSERT', 'UPDATE')
        ) as w
        where c.oid = p_policy.keep_table;
        v_all := v_all || row('keep_table', format(
            '%s says how long rows are kept: who may write to it (%s) decides what goes, down to a keep of %s',
            pydb_internal.relation_name(p_policy.keep_table), v_people, pydb_internal.retention_floor(p_policy)
        ))::pydb_internal.retention_warning;
    end if;
    if p_policy.keep_column is not null then
        v_all := v_all || row('keep_column', format(
            'column %I says how long its row is kept: who may write to it decides, down to a keep of %s',
            p_policy.keep_column, pydb_internal.retention_floor(p_policy)
        ))::pydb_internal.retention_warning;
    end if;
    return v_all;
end
$$;

comment on function pydb_internal.retention_rule_warnings(pydb.retention_policy) is
'Warnings keep_table (who may write to it) and keep_column.';

revoke all on function pydb_internal.retention_rule_warnings(pydb.retention_policy) from public;
