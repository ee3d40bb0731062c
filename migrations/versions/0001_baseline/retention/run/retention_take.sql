-- pydb_internal.retention_take (run): delete the rows of one range in the way of the policy: alone, or with what
-- references them.
-- writes the target, and what references it   locks the rows
-- raises what the delete raises
create or replace function pydb_internal.retention_take(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_skip_locked boolean,
    out rows_done bigint,
    out relations jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_policy.on_referenced = 'cascade' then
        select c.rows_done, c.relations into rows_done, relations
        from pydb_internal.retention_delete_cascade(p_policy, p_relation, p_condition, p_limit, p_skip_locked) as c;
    else
        rows_done := pydb_internal.retention_delete(p_relation, p_condition, p_limit, p_skip_locked);
    end if;
end
$$;

comment on function pydb_internal.retention_take(pydb.retention_policy, oid, text, bigint, boolean) is
'Deletes the rows of a range; with on_referenced = cascade their cascade too. relations: rows per relation, then.';

revoke all on function pydb_internal.retention_take(pydb.retention_policy, oid, text, bigint, boolean) from public;
