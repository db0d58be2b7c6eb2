-- scope_imply: makes scopes part of another one
-- $1 text scope, $2 jsonb the scopes that it implies (an array), $3 boolean it does, $4 jsonb the request
SELECT sallyport.scope_imply($1, ARRAY(SELECT jsonb_array_elements_text($2::jsonb)), $3, $4)
