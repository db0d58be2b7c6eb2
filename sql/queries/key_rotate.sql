-- key_rotate: the next key becomes the active one, this one the next
-- $1 text kid   $2 text alg   $3 jsonb public JWK   $4 bytea sealed private JWK   $5 bigint overlap in seconds   $6 jsonb the request
SELECT active_kid, next_kid FROM sallyport.signing_key_rotate($1, $2, $3, $4, $5, $6)
