-- user_tools: what a person may use beyond the tier, or not in spite of it; false: there is no such user
-- $1 text user name, $2 text server, $3 jsonb patterns (an array), $4 boolean allowed or null, $5 jsonb the request
SELECT sallyport.user_tools($1, $2, ARRAY(SELECT jsonb_array_elements_text($3::jsonb)), $4, $5) AS found
