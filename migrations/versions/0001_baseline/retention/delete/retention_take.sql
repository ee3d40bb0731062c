-- pydb_internal.retention_take (delete; by retention_turn): delete the rows of one range in the way of the policy and
-- of the moment: alone or with what references them, at once or one by one.
-- writes the target, and what references it   locks the rows
-- raises what the delete raises
create or replace function pydb_internal.retention_take(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_mode text,
    out rows_done bigint,
    out rows_refused bigint,
    out rows_locked bigint,
    out relations jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    rows_refused := 0;
    rows_locked := 0;
    if p_mode = 'rows' then
        select d.rows_done, d.rows_refused, d.rows_locked into rows_done, rows_refused, rows_locked
        from pydb_internal.retention_delete_rows(p_policy, p_relation, p_condition, p_limit) as d;
    elsif p_policy.on_referenced = 'cascade' then
        select c.rows_done, c.relations into rows_done, relations
        from pydb_internal.retention_delete_cascade(
            p_policy, p_relation, p_condition, p_limit, p_mode = 'skip'
        ) as c;
    else
        rows_done := pydb_internal.retention_delete(p_relation, p_condition, p_limit, p_mode = 'skip');
    end if;
end
$$;

comment on function pydb_internal.retention_take(pydb.retention_policy, oid, text, bigint, text) is
'Deletes the rows of a range. p_mode: plain, skip (around locked ones) or rows (one by one, past those that a
constraint or a lock keeps). relations: rows per relation, with on_referenced = cascade.';

revoke all on function pydb_internal.retention_take(pydb.retention_policy, oid, text, bigint, text) from public;
