-- tool_call_settings: for the rest of the transaction, what a tool runs under
-- $1 boolean READ ONLY, $2 text claims of the access token (JSON), $3 text request id,
-- $4 bigint statement_timeout in milliseconds, $5 text search_path, $6 text role; the role comes last, as it takes rights away
SELECT set_config('transaction_read_only', CASE WHEN $1 THEN 'on' ELSE 'off' END, true),
       set_config('request.jwt.claims', $2, true), set_config('sallyport.request_id', $3, true),
       set_config('statement_timeout', $4::bigint::text, true), set_config('search_path', $5, true),
       set_config('role', $6, true)
