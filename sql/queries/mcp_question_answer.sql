-- mcp_question_answer: an answer of the client; a row: it was the last, and the call is ours to make
-- $1 bytea session, $2 uuid question, $3 bytea answer, sealed, $4 bigint seconds until the call is given up
SELECT stream_id, sealed FROM sallyport.mcp_question_answer($1, $2, $3, $4)
