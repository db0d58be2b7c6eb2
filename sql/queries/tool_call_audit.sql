-- tool_call_audit: that a tool was called (a resource read, a prompt got), by whom, with what outcome
-- $1 text outcome, $2 uuid user or null, $3 text client_id, $4 uuid grant, $5 text resource, $6 text tool,
-- $7 bytea SHA-256 of the canonical arguments, $8 real milliseconds (null: since the transaction began),
-- $9 text request id, $10 text address, $11 jsonb detail, $12 text event
INSERT INTO sallyport.audit (event, outcome, user_id, client_id, grant_id, resource, tool, arguments_sha256,
    duration_ms, request_id, address, detail)
VALUES ($12, $1, $2, $3, $4, $5, $6, $7,
    coalesce($8::real, extract(epoch FROM clock_timestamp() - now()) * 1000), $9, $10, $11)
