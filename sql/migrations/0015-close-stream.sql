-- A call that takes long can let its client go: the stream's connection is closed,
-- and the client comes back for the rest (2025-11-25, "polling").  Where a client
-- cannot come back, nothing happens.  As the other words of schema mcp this is a
-- message of its own SQLSTATE, MCCLS, which the program reads while the function
-- runs.
CREATE FUNCTION mcp.close_stream()
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE INFO USING ERRCODE = 'MCCLS', MESSAGE = 'close_stream';
END
$$;
GRANT EXECUTE ON FUNCTION mcp.close_stream() TO PUBLIC;
