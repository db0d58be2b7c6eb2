-- authorize_deny: the person's no; false: this request has another decision already
-- $1 uuid authorization_id   $2 bytea SHA-256 of the session   $3 text client_id   $4 text resource
-- $5 jsonb the request
SELECT sallyport.authorize_deny($1, $2, $3, $4, $5) AS denied
