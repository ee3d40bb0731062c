-- pydb.orphan_check: look for orphans in one part of a reference, now, with the rights of the caller.
-- reads the tables of the reference   writes pydb.orphan_part   locks nothing that anybody waits for
-- raises YD001 YD005 YD103 YD114 YD301 YD402 YD404; warns YD409
create or replace function pydb.orphan_check(p_reference text, p_filter text default null, p_sample integer default 10)
returns table (
    reference text,
    part text,
    orphans bigint,
    checked_rows bigint,
    sample jsonb,
    checked_at timestamptz
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set jit = off
as $$
declare
    v_edge constant pydb_internal.reference_edge :=
        pydb_internal.orphan_edge(pydb_internal.orphan_reference_get(p_reference));
    v_counts pydb_internal.orphan_counts;
    v_piece pydb_internal.orphan_piece;
begin
    if coalesce(p_sample, -1) not between 0 and 1000 then
        raise exception using errcode = 'YD001', message = 'p_sample must be from 0 to 1000',
            detail = format('p_sample = %s', coalesce(p_sample::text, 'null')),
            hint = format('select * from pydb.orphan_check(%L, %L);', p_reference, p_filter);
    end if;
    perform pydb_internal.orphan_check_rights(v_edge, '{SELECT}');
    reference := v_edge.reference;
    part := '';
    if p_filter is not null then
        part := pydb_internal.reference_part_condition(v_edge.child, p_filter);
    end if;
    select array_agg(l.relation) into v_piece.leaves
    from pydb_internal.orphan_leaves(v_edge.child) as l
    where not l.is_foreign;
    v_piece.from_block := 0;
    perform pydb_internal.relation_check_names(array[v_edge.child, v_edge.parent] || v_piece.leaves);
    v_counts := pydb_internal.orphan_count_piece(v_edge, v_piece, 'true', p_sample, nullif(part, ''));
    orphans := v_counts.orphans;
    checked_rows := v_counts.checked_rows;
    sample := v_counts.sample;
    checked_at := clock_timestamp();
    -- a standby, and a transaction that only reads, count and tell, and leave no word
    if current_setting('transaction_read_only') = 'off' then
        perform pydb_internal.orphan_part_enter(reference, part, orphans, sample);
    end if;
    if orphans > 0 then
        raise warning using errcode = 'YD409', message = format(
            '%s orphaned %s of %s', orphans, case orphans when 1 then 'row' else 'rows' end, reference
        ), detail = concat_ws(
            ' ', 'Where ' || nullif(part, '') || '.', format('Among them: %s.', left(sample::text, 500))
        ),
        hint = pydb_internal.shell_command('pydb orphans repair', array[reference], '--dry-run');
    end if;
    return next;
end
$$;

comment on function pydb.orphan_check(text, text, integer) is
'Orphans of one part of a reference, counted now: one data set, one model. p_filter: one boolean expression over the
child, by the same rules as the filter of a policy (null = all rows); it should have an index. One row: orphans,
checked_rows, sample (p_sample keys). Warns (YD409) where there are any, and notes them in pydb.orphan_part, so that
pydb.health and the metric lifecycle_orphan_rows count them until a scan of the whole is newer. Every row that can be
seen counts, however young.';

revoke all on function pydb.orphan_check(text, text, integer) from public;
