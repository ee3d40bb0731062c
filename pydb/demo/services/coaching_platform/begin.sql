insert into coaching.session (athlete_id, minutes) values (%(athlete)s::integer, 45) returning id;
