-- address_ranges_set: from where a person or a client may come; false: nobody of this name
-- $1 text user name or null, $2 text client_id or null, $3 jsonb ranges (an array), $4 jsonb the request
SELECT sallyport.address_ranges_set($1, $2, ARRAY(SELECT jsonb_array_elements_text($3::jsonb)), $4) AS found
