-- The database of the example on the server that the demo starts.
create database demo;
