create database copy;
