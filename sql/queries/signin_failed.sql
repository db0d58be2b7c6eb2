-- signin_failed: writes down a wrong password   $1 text username   $2 jsonb the request
SELECT sallyport.signin_failed($1, $2)
