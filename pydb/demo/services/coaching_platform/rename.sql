update coaching.athlete set name = %(name)s where id = %(athlete)s::integer returning id;
