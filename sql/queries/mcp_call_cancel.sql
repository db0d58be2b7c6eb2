-- mcp_call_cancel: ends what waits for a client's answer, and tells those who run it
-- $1 bytea session, $2 jsonb id of the request, $3 text name of the call for those who run it
SELECT sallyport.mcp_call_cancel($1, $2, $3)
