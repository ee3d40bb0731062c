-- pydb_internal.cascade_add_heirs (root): a plan, with what it says of rows that tables inheriting from the root hold.
-- reads the root and its heirs   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_add_heirs(
    p_steps pydb.cascade_step[],
    p_root regclass,
    p_keys jsonb
)
returns pydb.cascade_step[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rows constant bigint := pydb_internal.cascade_heir_rows(p_root, p_keys);
begin
    if v_rows > 0 then
        for v_place in 1 .. cardinality(p_steps) loop
            continue when p_steps[v_place].via is not null;
            p_steps[v_place].warning := concat_ws('; ', p_steps[v_place].warning, format(
                '%s with these keys stay in tables that inherit from it: a select still finds them',
                pydb_internal.rows_text(v_rows)
            ));
            p_steps[v_place].codes := p_steps[v_place].codes || array['heirs'];
        end loop;
    end if;
    return p_steps;
end
$$;

comment on function pydb_internal.cascade_add_heirs(pydb.cascade_step[], regclass, jsonb) is
'Steps of a plan; the one of the root has the code heirs where rows with the keys stay visible through it.';

revoke all on function pydb_internal.cascade_add_heirs(pydb.cascade_step[], regclass, jsonb) from public;
