-- A call that works outside of this database spends its state before it begins, as
-- what it does elsewhere cannot be rolled back.  When it then asks, and will be made
-- again with the same state, the state is not spent after all.

CREATE FUNCTION sallyport.request_state_return(p_state_id uuid)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	DELETE FROM sallyport.request_state_spent s WHERE s.state_id = p_state_id;
$$;

REVOKE ALL ON FUNCTION sallyport.request_state_return(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sallyport.request_state_return(uuid) TO sallyport_app;
