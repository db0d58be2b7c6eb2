-- What is revoked runs no more, and asks nothing any more.
CREATE OR REPLACE FUNCTION sallyport.task_revoked()
RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	WITH ended AS (
	    UPDATE sallyport.task t SET status = 'cancelled', status_message = 'the grant was revoked',
	        call = NULL, state = NULL, runner = NULL, updated_at = now()
	     WHERE t.grant_id = NEW.grant_id AND t.status IN ('working', 'input_required') RETURNING t.task_sha256)
	DELETE FROM sallyport.task_input i USING ended e WHERE i.task_sha256 = e.task_sha256;
	RETURN NULL;
END
$$;
