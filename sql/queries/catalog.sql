-- catalog: the servers and their tools; $1 text one server or null, $2 text one tool or null
SELECT version, resource, resource_title, instructions, tool_id, name, title, description, kind,
       input_schema, output_schema, annotations, scopes, tier, timeout_ms, max_rows, max_bytes, read_only, spec
  FROM sallyport.catalog($1, $2)
