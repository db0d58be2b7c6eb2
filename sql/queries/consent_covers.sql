-- consent_covers: did this person ask to remember a consent that covers this?  No row: ask.
-- $1 uuid user_id   $2 text client_id   $3 text resource   $4 text redirect host
-- $5 text[] scope   $6 bytea SHA-256 of the client's metadata
SELECT covered FROM sallyport.consent_covers($1, $2, $3, $4, $5, $6)
