-- pydb_internal.archive_one_by_one (restore; by archive_try): put rows of a part back one by one, past those that
-- something refuses.
-- writes the table, its archive   locks what it writes
-- raises what is no matter of one row
create or replace function pydb_internal.archive_one_by_one(
    p_part pydb_internal.archive_part,
    out part pydb_internal.archive_part,
    out done bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_left tid[];
    v_again tid[];
    v_why text[];
    v_one pydb_internal.archive_part := p_part;
    v_code text;
    v_said text;
    v_constraint text;
begin
    part := p_part;
    done := 0;
    execute format(
        'select array_agg(a.ctid) from %s as a where %s', pydb_internal.relation_name((p_part).archive),
        pydb_internal.archive_condition(p_part, 1)
    ) into v_left using array[p_part];
    v_one.kept := '{}';
    loop
        v_again := '{}';
        v_why := '{}';
        for v_number in 1 .. coalesce(cardinality(v_left), 0) loop
            v_one.tids := array[v_left[v_number]];
            begin
                perform pydb_internal.archive_put(array[v_one]);
                done := done + 1;
            exception when assert_failure or others then
                get stacked diagnostics
                    v_code = returned_sqlstate, v_said = message_text, v_constraint = constraint_name;
                if not pydb_internal.archive_is_conflict(v_code) then
                    raise;
                elsif v_code = '23503' then
                    v_again := v_again || v_left[v_number]; -- its parent may be one of these
                    v_why := v_why || coalesce(nullif(v_constraint, ''), v_said);
                else
                    part := pydb_internal.archive_keep_back(part, v_one.tids, case v_code
                        when '23505' then 'key_exists' when '23502' then 'not_null' when '23514' then 'check'
                        when '23P01' then 'exclusion' else 'refused' end,
                        array[coalesce(nullif(v_constraint, ''), v_said)]
                    );
                end if;
            end;
        end loop;
        exit when cardinality(v_again) = coalesce(cardinality(v_left), 0) or v_again = '{}';
        v_left := v_again;
    end loop;
    if v_again <> '{}' then
        part := pydb_internal.archive_keep_back(part, v_again, 'parent_gone', v_why);
    end if;
end
$$;

comment on function pydb_internal.archive_one_by_one(pydb_internal.archive_part) is
'Tries each row of a part by itself, those that miss a parent again after the others: the part with what it found, and
how many went back.';

revoke all on function pydb_internal.archive_one_by_one(pydb_internal.archive_part) from public;
