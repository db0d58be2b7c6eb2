-- upstream_due: the next upstream whose lists are to be read again; no row: none
-- $1 integer after so many seconds
SELECT name, spec FROM sallyport.upstream_due($1)
