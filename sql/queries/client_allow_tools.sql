-- client_allow_tools: the only tools of a client; false: there is no such client
-- $1 text client_id, $2 text server, $3 jsonb patterns (an array) or null for no list, $4 jsonb the request
SELECT sallyport.client_allow_tools($1, $2, CASE WHEN $3::jsonb IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text($3::jsonb)) END, $4) AS found
