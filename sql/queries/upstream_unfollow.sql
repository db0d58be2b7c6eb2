-- upstream_unfollow: a runner does not listen to an upstream any more
-- $1 text its name, $2 text the runner, $3 integer seconds in which nobody is to try
SELECT sallyport.upstream_unfollow($1, $2, $3)
