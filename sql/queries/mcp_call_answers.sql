-- mcp_call_answers: the answers to a call that is made again   $1 uuid stream
SELECT key, answer FROM sallyport.mcp_call_answers($1)
