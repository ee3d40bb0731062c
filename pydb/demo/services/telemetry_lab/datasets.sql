select id, name from lab.dataset order by id;
