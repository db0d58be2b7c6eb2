-- mcp_outbox_take: what holders of streams have to forward, in order
-- $1 jsonb [{"stream_id", "holder", "after"}]
SELECT stream_id, holder, event, message, over FROM sallyport.mcp_outbox_take($1)
