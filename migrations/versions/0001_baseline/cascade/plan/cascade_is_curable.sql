-- pydb_internal.cascade_is_curable (plan): whether the statement in the column cure of a blocked step takes the block
-- away.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_is_curable(p_codes text[])
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    -- an index, or a valid key, lets nothing more go; its statement comes after those that do
    select p_codes && '{privilege, row_security, rule, publication}'::text[];
$$;

comment on function pydb_internal.cascade_is_curable(text[]) is
'True if a step with these codes is blocked by what no row of it can pass, and that its cure removes.';

revoke all on function pydb_internal.cascade_is_curable(text[]) from public;
