-- mcp_call_ask: a call waits for its client, who is asked; false: its stream has ended
-- $1 bytea session, $2 uuid stream, $3 uuid holder or null, $4 bytea the call, sealed, $5 bigint seconds to wait,
-- $6 jsonb [{"question_id", "key", "message"}]
SELECT sallyport.mcp_call_ask($1, $2, $3, $4, $5, $6) AS asked
