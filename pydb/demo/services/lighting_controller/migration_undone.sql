drop table lighting.complaint;
