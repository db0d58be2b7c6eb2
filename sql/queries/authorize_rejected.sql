-- authorize_rejected: writes down a known client's request that was refused before anybody decided
-- $1 text client_id   $2 text resource, or null   $3 text error   $4 text why   $5 jsonb the request
SELECT sallyport.authorize_rejected($1, $2, $3, $4, $5)
