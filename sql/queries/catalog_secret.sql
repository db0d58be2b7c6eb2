-- catalog_secret: a credential's sealed secret   $1 text its name   $2 bytea   $3 jsonb the request
SELECT sallyport.catalog_secret($1, $2, $3) AS done
