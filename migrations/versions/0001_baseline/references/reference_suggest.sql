-- pydb.reference_suggest: propose logical references from names and types, and measure each proposal.
-- reads the catalog, pydb.reference, the tables proposed   writes nothing   locks them as a SELECT does
-- raises YD001
create or replace function pydb.reference_suggest(p_schema text default null, p_measure boolean default true)
returns table (
    child text,
    child_columns name[],
    parent text,
    parent_columns name[],
    reason text,
    rows bigint,
    matched bigint,
    orphans bigint,
    share numeric,
    command text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_found record;
    v_measured record;
begin
    if p_schema is not null and not exists (select 1 from pg_namespace as n where n.nspname = p_schema) then
        raise exception using errcode = 'YD001', message = format('there is no schema %s', p_schema),
            detail = 'p_schema is a name as the catalog has it, without quotes.', hint = 'psql: \dn';
    end if;
    for v_found in
        select
            c.*, c.child as child_id, pydb_internal.relation_name(c.child) as child_name,
            pydb_internal.relation_name(c.parent) as parent_name
        from pydb_internal.reference_candidates(p_schema) as c
        order by child_name, c.child_column, parent_name, c.parent_column
    loop
        child := v_found.child_name;
        child_columns := array[v_found.child_column];
        parent := v_found.parent_name;
        parent_columns := array[v_found.parent_column];
        reason := v_found.reason;
        command := format(
            'select pydb.reference_set(%L, %L, %L, %L);', child, child_columns, parent, parent_columns
        );
        if p_measure then
            select m.* into v_measured
            from pydb_internal.reference_measure(
                v_found.child_id, v_found.child_column, v_found.parent, v_found.parent_column
            ) as m;
            rows := v_measured.keys;
            matched := v_measured.matched;
            orphans := rows - matched;
            share := round(matched::numeric / nullif(rows, 0), 4);
            reason := concat_ws('; ', reason, v_measured.note);
        end if;
        return next;
    end loop;
end
$$;

comment on function pydb.reference_suggest(text, boolean) is
'Columns that look like references and are none, declared or logical: named after a table or its key (user_id, userid,
"UserId" for users), or named like a column that references it elsewhere, of a type that compares with the key; tables
of the same schema before others, and nothing where more than three fit alike. p_schema: only children in it.
rows: keys that are not null; matched: those with a parent; orphans: those without; share: matched of rows.
Above 100,000 rows a sample is measured; the reason says so, and says what could not be read.
command: the statement that sets the reference. It locks nothing above a SELECT''s.';

revoke all on function pydb.reference_suggest(text, boolean) from public;
