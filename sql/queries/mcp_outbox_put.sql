-- mcp_outbox_put: puts a message into a stream; no row: the stream has ended
-- $1 bytea session, $2 uuid stream, $3 uuid who holds it and will send the message, or null,
-- $4 text message or null, $5 boolean it is the last
SELECT event, held FROM sallyport.mcp_outbox_put($1, $2, $3, $4, $5)
