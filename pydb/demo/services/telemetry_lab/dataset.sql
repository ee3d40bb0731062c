select id, name from lab.dataset where id = %(id)s;
