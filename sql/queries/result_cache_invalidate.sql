-- result_cache_invalidate: what a call makes old   $1 text server, $2 jsonb the tools (an array of names)
SELECT sallyport.result_cache_forget($1, ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))
