-- sallyport-stdio: the catalog for one person, on a pipe.

-- Who the operator of the program says is at the other end; nobody for one that
-- is not there or disabled.
CREATE FUNCTION sallyport.local_caller(p_username text)
RETURNS TABLE (user_id uuid, username text, tier text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT u.user_id, u.username, u.tier FROM sallyport.users u
	WHERE lower(u.username) = lower(p_username) AND u.disabled_at IS NULL
$$;
REVOKE ALL ON FUNCTION sallyport.local_caller(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.local_caller(text) TO sallyport_app;
