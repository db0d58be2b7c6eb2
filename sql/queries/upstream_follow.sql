-- upstream_follow: the next upstream that this runner is to listen to; no row: none
-- $1 text the runner, $2 integer seconds after which it is taken for dead
SELECT name, spec FROM sallyport.upstream_follow($1, $2)
