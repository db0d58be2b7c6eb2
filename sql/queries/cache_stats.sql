-- cache_stats: the results that are kept, by tool
SELECT CASE WHEN server = '' THEN '/mcp' ELSE '/mcp/' || server END AS server, tool, total, active, expired, hits, bytes
  FROM sallyport.result_cache_stats()
