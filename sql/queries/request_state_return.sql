-- request_state_return: a call that had spent its state beforehand asks, and will need it again
-- $1 uuid of the state
SELECT sallyport.request_state_return($1)
