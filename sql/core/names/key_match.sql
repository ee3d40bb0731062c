-- pydb_internal.key_match (names): SQL text that joins the rows of a key or reference: child alias to parent alias.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.key_match(
    p_child_alias text,
    p_child_columns name[],
    p_parent_alias text,
    p_parent_columns name[],
    p_operators text[],
    p_collations text[]
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- as reference_equality writes it
    v_cast constant oid := substring(
        array_to_string(p_operators, ' ') from 'operator.pydb_internal.=. /. ([0-9]+)'
    )::oid;
begin
    if v_cast is not null then
        raise exception using errcode = 'YD005',
            message = format('a reference is compared by a function that may not run as %s', current_user),
            detail = format('Columns (%s) of the one table and (%s) of the other are compared through a cast by %s, '
                'whose owner could not become %s himself.', array_to_string(p_child_columns, ', '),
                array_to_string(p_parent_columns, ', '), v_cast::regprocedure, current_user),
            hint = format('Do it as a role that its owner belongs to, or: alter function %s owner to %I;',
                v_cast::regprocedure, (select r.rolname from pg_roles as r where r.oid = 10));
    end if;
    return (
        select string_agg(
            format(
                '%s.%I %s %s.%I%s', p_parent_alias, u.parent_column, u.operator, p_child_alias, u.child_column,
                u.collated
            ), ' and ' order by u.ord
        )
        from unnest(p_child_columns, p_parent_columns, p_operators, p_collations)
        with ordinality as u (child_column, parent_column, operator, collated, ord)
    );
end
$$;

comment on function pydb_internal.key_match(text, name[], text, name[], text[], text[]) is
'Join condition of a foreign key or logical reference, column by column in its order, with its own operators; YD005
where one of them would run a function of somebody who could not run it as the current role himself.';

revoke all on function pydb_internal.key_match(text, name[], text, name[], text[], text[]) from public;
