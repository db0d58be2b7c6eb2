-- catalog: the servers and what they offer
-- $1 text one server or null, $2 text one of its lists or null, $3 text one entry or null
SELECT version, server, server_title, server_info, instructions, offers, list, entry_id, name, title, description, kind,
       input_schema, output_schema, annotations, listing, scopes, tier, timeout_ms, max_rows, max_bytes, read_only, spec, options, toolset, list_ttl_ms, access
  FROM sallyport.catalog($1, $2, $3)
