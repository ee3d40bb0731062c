-- pydb_internal.archive_import_rows (import; for pydb/archive/load.py): put the rows of a file that was read in into
-- their table.
-- reads the temporary table   writes the table, pydb.audit_log   locks the rows it writes
-- raises YD625, what the insert raises
create or replace function pydb_internal.archive_import_rows(
    p_relation oid,
    p_columns jsonb,
    p_on_conflict text,
    p_file text,
    p_is_dry boolean,
    p_from regclass,
    out rows_imported bigint,
    out rows_skipped bigint,
    out sample jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_relation);
    v_key record;
    v_list text;
    v_statement text;
    v_ours text[];
    v_all bigint;
begin
    select string_agg(quote_ident(c.value ->> 'name'), ', ' order by c.ordinality) into v_list
    from jsonb_array_elements(p_columns) with ordinality as c;
    execute format('select count(*) from %s', p_from) into v_all;
    select k.named, k.match into v_key from pydb_internal.archive_key(p_relation) as k;
    if found and v_key.match is not null then
        execute format(
            'select jsonb_agg(s.k) from (
                select jsonb_build_array(%s) as k from %s as i
                where exists (select from %s as t where %s) limit 10
            ) as s', v_key.named, p_from, v_name, v_key.match
        ) into sample;
    end if;
    if sample is null or p_on_conflict = 'skip' then
        v_statement := format(
            '/* pydb */ insert into %1$s (%2$s) overriding system value select %2$s from %3$s
            on conflict do nothing', v_name, v_list, p_from
        );
        v_ours := pydb_internal.application_enter();
        execute v_statement;
        get diagnostics rows_imported = row_count;
        perform pydb_internal.application_leave(v_ours);
        perform pydb_internal.application_constraints();
        rows_skipped := v_all - rows_imported;
    end if;
    if p_on_conflict <> 'skip' and (sample is not null or rows_skipped > 0) then
        raise exception using errcode = 'YD625', message = format('rows of the file are in %s again', v_name),
            detail = case
                when sample is null then format('%s conflict with rows that are there.',
                    pydb_internal.rows_text(rows_skipped))
                else format('Keys that are there, ten at most: %s.', sample)
            end,
            hint = 'Look at them; --on-conflict skip leaves them as they are and imports the others.';
    end if;
    if rows_imported > 0 and not p_is_dry then
        perform pydb_internal.audit_say('archive_import', v_name, jsonb_build_object(
            'file', p_file, 'rows_imported', rows_imported, 'rows_skipped', rows_skipped
        ), null);
    end if;
end
$$;

comment on function pydb_internal.archive_import_rows(oid, jsonb, text, text, boolean, regclass) is
'Inserts what p_from, a temporary table, holds. p_on_conflict: stop (YD625 where a key is there again, nothing is
imported) or skip. sample: keys that are there again, ten at most.';

revoke all on function pydb_internal.archive_import_rows(oid, jsonb, text, text, boolean, regclass) from public;
