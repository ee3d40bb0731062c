-- pydb_internal.orphan_mode (repair; by orphan_repair_open): what a repair does: as asked, or as the reference itself
-- says.
-- reads the catalog   writes nothing   locks nothing
-- raises YD401
create or replace function pydb_internal.orphan_mode(p_edge pydb_internal.reference_edge, p_mode text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mode constant text := coalesce(p_mode, case p_edge.on_delete when 'c' then 'delete' when 'n' then 'nullify' end);
begin
    if v_mode is null then
        raise exception using errcode = 'YD401',
            message = format('reference %s does not say what becomes of orphans', p_edge.reference),
            detail = 'Its action on delete is no action, restrict or set default.',
            hint = format(
                'call pydb.orphan_repair(%L, ''quarantine''); or ''delete'' or ''nullify''', p_edge.reference
            );
    elsif v_mode not in ('delete', 'nullify', 'quarantine') then
        raise exception using errcode = 'YD401', message = format('unknown mode %L', v_mode),
            detail = 'Modes: delete, nullify, quarantine; null = as the reference says.',
            hint = format('call pydb.orphan_repair(%L);', p_edge.reference);
    elsif v_mode = 'nullify' and pydb_internal.orphan_set_columns(p_edge) is null then
        raise exception using errcode = 'YD401',
            message = format('the columns of %s cannot be set to null', p_edge.reference),
            detail = format('NOT NULL: %s.', array_to_string(p_edge.set_columns, ', ')),
            hint = format('call pydb.orphan_repair(%L, ''quarantine'');', p_edge.reference);
    end if;
    return v_mode;
end
$$;

comment on function pydb_internal.orphan_mode(pydb_internal.reference_edge, text) is
'delete, nullify or quarantine; null asks the reference: cascade means delete, set null means nullify, anything else is
YD401, as is nullify where a column is NOT NULL.';

revoke all on function pydb_internal.orphan_mode(pydb_internal.reference_edge, text) from public;
