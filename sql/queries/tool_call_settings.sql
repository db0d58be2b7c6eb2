-- tool_call_settings: for the rest of the transaction, what a tool runs under
-- $1 boolean READ ONLY, $2 text claims of the access token (JSON), $3 text request id,
-- $4 bigint statement_timeout in milliseconds, $5 text search_path, $6 text role;
-- for the functions of schema mcp, each null when there is nothing to say:
-- $7 text client capabilities, $8 text answers, $9 text state (JSON), $10 boolean: the state is spent by this call,
-- $11 text "may" become a task or is "running" as one, $12 boolean progress is wanted, $13 text least log level;
-- $14 text traceparent, $15 text tracestate, $16 text baggage (W3C), each null for none.
-- All are set, so that no call sees another's; the role comes last, as it takes rights away
SELECT set_config('transaction_read_only', CASE WHEN $1 THEN 'on' ELSE 'off' END, true),
       set_config('request.jwt.claims', $2, true), set_config('sallyport.request_id', $3, true),
       set_config('statement_timeout', $4::bigint::text, true), set_config('search_path', $5, true),
       set_config('mcp.capabilities', coalesce($7, ''), true), set_config('mcp.responses', coalesce($8, ''), true),
       set_config('mcp.state', coalesce($9, ''), true), set_config('mcp.once', CASE WHEN $10 THEN 'on' ELSE '' END, true),
       set_config('mcp.task', coalesce($11, ''), true), set_config('mcp.progress', CASE WHEN $12 THEN 'on' ELSE '' END, true),
       set_config('mcp.log_level', coalesce($13, ''), true), set_config('sallyport.traceparent', coalesce($14, ''), true),
       set_config('sallyport.tracestate', coalesce($15, ''), true), set_config('sallyport.baggage', coalesce($16, ''), true),
       set_config('role', $6, true)
