-- pydb_internal.guard_approval (guard): what the first run of a policy waits for: nothing, a word, or that of another.
-- reads pydb.guard_subject, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.guard_approval(p_name text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select (array['off', 'own', 'other'])[greatest(
        array_position(array['off', 'own', 'other'], pydb_internal.setting_get(p_name => 'policy_approval')), (
            select greatest(
                array_position(array['off', 'own', 'other'], s.approval),
                array_position(array['off', 'own', 'other'], s.kept_approval)
            )
            from pydb.guard_subject as s
            where s.kind = 'policy' and s.name = p_name
        )
    )];
$$;

comment on function pydb_internal.guard_approval(text) is
'off, own or other: the strictest of the setting policy_approval, what the policy asks for, and what it asked for before
that was lowered.';

revoke all on function pydb_internal.guard_approval(text) from public;
