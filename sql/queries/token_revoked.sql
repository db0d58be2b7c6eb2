-- token_revoked: may this access token no longer be used?  $1 uuid grant_id   $2 text jti
SELECT sallyport.token_revoked($1, $2) AS revoked
