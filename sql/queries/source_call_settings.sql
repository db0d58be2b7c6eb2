-- source_call_settings: for the rest of the transaction, what a statement runs under in another database; nothing
-- of schema sallyport is there
-- $1 text claims of the access token (JSON; '' for none), $2 text request id, $3 bigint statement_timeout in
-- milliseconds, $4 text search_path, $5 text role ('none': the user that has connected).
-- All are set, so that no call sees another's; the role comes last, as it takes rights away
SELECT set_config('request.jwt.claims', $1, true), set_config('sallyport.request_id', $2, true),
       set_config('statement_timeout', $3::bigint::text, true), set_config('search_path', $4, true),
       set_config('role', $5, true)
