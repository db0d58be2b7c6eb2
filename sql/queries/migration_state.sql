-- migration_state: how many of this program's migrations the database has
-- $1 int newest number that the program knows
SELECT count(*) AS recorded FROM sallyport.migration WHERE number <= $1
