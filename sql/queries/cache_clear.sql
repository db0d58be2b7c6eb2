-- cache_clear: forgets results   $1 text a pattern of tools' names, * for any characters
SELECT mcp.cache_clear($1) AS cleared
