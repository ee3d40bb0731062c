delete from coaching.session where id = %(session)s::bigint returning id;
