-- upstream_followed: what is to be subscribed to at an upstream; no row: this runner is not to listen to it any more
-- $1 text its name, $2 text the runner, $3 integer seconds after which that is taken for dead
SELECT wanted, row_digest FROM sallyport.upstream_followed($1, $2, $3)
