-- pydb_internal.cascade_plan_command (root): the call of pydb.cascade_plan for some keys and choices, as text to type.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_plan_command(p_root oid, p_keys jsonb, p_edges jsonb)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count constant integer := case jsonb_typeof(p_keys) when 'array' then jsonb_array_length(p_keys) else 1 end;
    -- nobody types so many again, and their text would cost each delete of many: the first stands for all
    v_first constant boolean := case when v_count > 20 then true else v_count > 1 and length(p_keys::text) > 200 end;
begin
    return format(
        'select * from pydb.cascade_plan(%L, %L%s);%s', pydb_internal.relation_name(p_root),
        case when v_first then jsonb_build_array(p_keys -> 0) else p_keys end,
        case when p_edges is not null then format(', %L', p_edges) end,
        case when v_first then format(' -- the first of %s keys', v_count) end
    );
end
$$;

comment on function pydb_internal.cascade_plan_command(oid, jsonb, jsonb) is
'Statement that shows the plan of a cascade; of more than 20 keys or 200 characters with the first key alone, and a
comment that says so. p_edges null: the keys'' own actions.';

revoke all on function pydb_internal.cascade_plan_command(oid, jsonb, jsonb) from public;
