-- tier_rate_set: how often one person may call the tools of a tier; null: as often as the tools allow
-- $1 text tier, $2 text rate or null, $3 jsonb the request
SELECT sallyport.tier_rate_set($1, $2, $3) AS found
