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
    command text,
    certainty text,
    filter text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    if p_schema is not null and not exists (select 1 from pg_namespace as n where n.nspname = p_schema) then
        raise exception using errcode = 'YD001', message = format('there is no schema %s', p_schema),
            detail = 'p_schema is a name as the catalog has it, without quotes.', hint = 'psql: \dn';
    end if;
    return query
    with measured as materialized (
        select
            c.*, pydb_internal.relation_name(c.child) as child_name,
            pydb_internal.relation_name(c.parent) as parent_name, m.keys, m.matched as found,
            round(m.matched::numeric / nullif(m.keys, 0), 4) as part, m.note
        from (
            select n.*, null::text as condition from pydb_internal.reference_candidates(p_schema) as n
            union all
            select k.child, k.child_column, k.parent, k.parent_column, k.reason, true, k.filter
            from pydb_internal.reference_kinds(p_schema) as k where p_measure -- the values have to be read
        ) as c
        left join lateral pydb_internal.reference_measure(
            c.child, c.child_column, c.parent, c.parent_column, p_condition => c.condition
        ) as m on p_measure
    ),

    -- what only sounds so has to show it; of several, those that hold the most keys
    best as (
        select
            f.*, count(*) over (partition by f.child, f.child_column, f.condition) as ties,
            string_agg(f.parent_name, ' or ') over (partition by f.child, f.child_column, f.condition) as others
        from (
            select
                m.*,
                rank() over w as place
            from measured as m
            where m.is_named or m.part is null or m.part >= 0.9
            window w as (partition by m.child, m.child_column, m.condition order by coalesce(m.part, 0) desc)
        ) as f
        where f.place = 1
    )

    select
        b.child_name, array[b.child_column], b.parent_name, array[b.parent_column],
        concat_ws('; ', b.reason, b.note, case when b.ties > 1 then 'a tie: ' || b.others end),
        b.keys, b.found, b.keys - b.found, b.part,
        format(
            'select pydb.reference_set(%L, %L, %L, %L%s);', b.child_name, array[b.child_column], b.parent_name,
            array[b.parent_column],
            -- several start at this column: each needs a name
            case when b.condition is not null then format(
                ', p_name => %L, p_filter => %L',
                concat_ws('_', b.child_column, (select p.relname from pg_class as p where p.oid = b.parent), 'ref'),
                b.condition
            ) end
        ),
        case
            when b.ties > 1 then 'tie'
            when b.is_named and (b.part is null or b.part >= 0.95) then 'high'
            when b.part >= 0.95 and b.keys >= 5 or b.is_named and b.part >= 0.5 then 'medium'
            else 'low'
        end, b.condition
    from best as b
    order by b.child_name, b.child_column, b.parent_name, b.parent_column, b.condition;
end
$$;

comment on function pydb.reference_suggest(text, boolean) is
'Columns that look like references and are none, declared or logical: named after a table or its key (user_id, userid,
"UserId" for users), or named like a column that references it elsewhere, of a type that compares with the key; tables
of the same schema before others, and nothing where more than three fit alike. Then, if nine in ten of their keys are
there: parent, reply_to and the like of their own table, home_team_id, the bare name of a table, updated_by, user_id
for account_user. For commentable_id beside commentable_type a reference for each value that is called like a table,
with filter, its condition (p_filter); that takes reading, so not without p_measure.
certainty: high, medium, low, or tie where several fit alike. p_schema: only children in it.
rows: keys that are not null; matched: those with a parent; orphans: those without; share: matched of rows.
Above 100,000 rows a sample is measured; the reason says so, and says what could not be read.
command: the statement that sets the reference. It locks nothing above a SELECT''s.';

revoke all on function pydb.reference_suggest(text, boolean) from public;
