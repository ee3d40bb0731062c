-- pydb_internal.retention_faults_add (run; by retention_turn): count the rows of a batch whose delete was refused, by
-- what refused them.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_faults_add(
    p_work pydb_internal.retention_work,
    p_faults jsonb
)
returns pydb_internal.retention_work
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fault record;
begin
    for v_fault in
        select f.key as code, (f.value ->> 'rows')::bigint as rows, f.value ->> 'said' as said,
            f.value ->> 'place' as place, f.value -> 'words' as words
        from jsonb_each(p_faults) as f
    loop
        p_work.faults := coalesce(p_work.faults, '{}') || jsonb_build_object(
            v_fault.code, coalesce((p_work.faults ->> v_fault.code)::bigint, 0) + v_fault.rows
        );
        if v_fault.code in ('23503', '23001') then
            p_work.refused := p_work.refused + v_fault.rows;
        else
            p_work.faulty := p_work.faulty + v_fault.rows;
            p_work.fault := coalesce(p_work.fault, v_fault.said);
            if p_work.fault_code is null then
                p_work.fault_code := v_fault.code;
                p_work.fault_place := v_fault.place;
                p_work.fault_words := v_fault.words;
            end if;
        end if;
    end loop;
    return p_work;
end
$$;

comment on function pydb_internal.retention_faults_add(pydb_internal.retention_work, jsonb) is
'The work with the rows of p_faults (object: SQLSTATE to rows, and said and place of the first) added: refused by a
reference, or faulty.';

revoke all on function pydb_internal.retention_faults_add(pydb_internal.retention_work, jsonb) from public;
