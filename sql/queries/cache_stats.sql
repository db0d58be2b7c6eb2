-- cache_stats: the results that are kept, by tool; hit_rate: of the calls that made or used them, how many did not have to be made
SELECT CASE WHEN server = '' THEN '/mcp' ELSE '/mcp/' || server END AS server, tool, total, active, expired, hits,
       round(hits / (hits + total)::numeric, 3) AS hit_rate, bytes
  FROM sallyport.result_cache_stats()
