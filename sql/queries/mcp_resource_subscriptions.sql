-- mcp_resource_subscriptions: what the session of a stream wants to hear of   $1 uuid stream of a GET
SELECT uri FROM sallyport.mcp_resource_subscriptions($1) AS uri
