-- switch_set: a switch of the operator; false: there is no such tool or toolset
-- $1 text read-only, tool or toolset, $2 text server, $3 text name, $4 boolean off (read-only: on), $5 jsonb the request
SELECT sallyport.switch_set($1, $2, $3, $4, $5) AS found
