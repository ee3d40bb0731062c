-- pydb_internal.reference_relation_shape (guard; by reference_shape): what one table looks like to a delete of its
-- rows, or to an update of them.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_relation_shape(p_relation oid, p_deletes boolean)
returns pydb_internal.guard_part[]
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select row(u.kind, format('%s.%I', pydb_internal.relation_name(p_relation), u.name), u.value, u.acts)
            ::pydb_internal.guard_part
        from (
            select 'column', a.attname, format_type(a.atttypid, a.atttypmod), false
            from pg_attribute as a
            where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
            union all
            select 'key', k.conname, pg_get_constraintdef(k.oid), false
            from pg_constraint as k
            where k.conrelid = p_relation and k.contype in ('p', 'u')
            union all
            -- of a row that goes: on delete (8); of one that is set: on update (16)
            select
                'trigger', g.tgname,
                concat_ws('', pg_get_triggerdef(g.oid), case g.tgenabled
                    when 'D' then ' (disabled)' when 'R' then ' (replica)' when 'A' then ' (always)' end),
                g.tgtype::integer & case when p_deletes then 8 else 16 end > 0
            from pg_trigger as g
            where g.tgrelid = p_relation and not g.tgisinternal
            union all
            select 'rule', r.rulename, pg_get_ruledef(r.oid), true
            from pg_rewrite as r
            where r.ev_class = p_relation and r.rulename <> '_RETURN'
            union all
            select 'security', 'row level security', case when c.relforcerowsecurity then 'forced' else 'on' end, false
            from pg_class as c
            where c.oid = p_relation and c.relrowsecurity
        ) as u (kind, name, value, acts)
    );
end
$$;

comment on function pydb_internal.reference_relation_shape(oid, boolean) is
'Columns with their types, primary and unique keys, triggers, rules and row security of a table. p_deletes: its rows go;
else columns of them are set.';

revoke all on function pydb_internal.reference_relation_shape(oid, boolean) from public;
