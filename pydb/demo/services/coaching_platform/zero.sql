-- An import that went wrong: ten athletes who plan nothing.
update coaching.athlete set weekly_sessions = 0 where id <= 10 returning id;
