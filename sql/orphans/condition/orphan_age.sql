-- pydb_internal.orphan_age (condition): the SQL condition over alias t that a row is old enough to be called an orphan.
-- reads the catalog, settings, pydb_internal.orphan_mark   writes pydb_internal.orphan_mark   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_age(p_edge pydb_internal.reference_edge, p_min_age interval)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_horizon bigint;
    v_window bigint;
    v_is_off boolean;
begin
    -- an enforced key lets no child be committed before its parent, and one statement sees both or neither
    if p_min_age is null and p_edge.is_enforced then
        v_is_off := exists (
            select from pg_trigger as g where g.tgconstraint = p_edge.constraint_id and g.tgenabled in ('D', 'R')
        );
        -- a key has copies only on partitions
        if not v_is_off and exists (
            select from pg_class as c where c.oid in (p_edge.child, p_edge.parent) and c.relkind = 'p'
        ) then
            with recursive k (oid) as (
                select p_edge.constraint_id
                union all
                select c.oid from k inner join pg_constraint as c on c.conparentid = k.oid
            )

            select exists (
                select from k inner join pg_trigger as g on g.tgconstraint = k.oid where g.tgenabled in ('D', 'R')
            ) into v_is_off;
        end if;
        if not v_is_off then
            return 'true';
        end if;
    end if;
    v_horizon :=
        pydb_internal.orphan_horizon(
            coalesce(p_min_age, pydb_internal.setting_get(p_name => 'orphan_min_age')::interval));
    v_window := pg_snapshot_xmax(pg_current_snapshot())::text::bigint - v_horizon + 1048576;
    -- xmin has 32 bits of the number and goes round: what lies in the window after the horizon is young, all else old
    return format(
        '((t.xmin::text::bigint - %s) & 4294967295) >= %s', v_horizon & 4294967295, least(v_window, 4294967295)
    );
end
$$;

comment on function pydb_internal.orphan_age(pydb_internal.reference_edge, interval) is
'Condition over alias t: the row was committed at least p_min_age ago (null = none for enforced keys, the setting
orphan_min_age for others). Its age is told by its transaction, so no time column is needed.';

revoke all on function pydb_internal.orphan_age(pydb_internal.reference_edge, interval) from public;
