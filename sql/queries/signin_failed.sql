-- signin_failed: counts a failed try   $1 text username   $2 text address   $3 jsonb the request
SELECT sallyport.signin_failed($1, $2, $3)
