-- switch_set: a switch of the operator; false: there is no such tool, toolset or server
-- $1 text read-only, server, tool or toolset, $2 text server, $3 text name, $4 text tier or "", $5 text what people are told, or null,
-- $6 boolean off (read-only: on), $7 jsonb the request
SELECT sallyport.switch_set($1, $2, $3, $4, $5, $6, $7) AS found
