-- local_caller: the person for whom sallyport-stdio runs   $1 text user name
SELECT user_id, username, tier FROM sallyport.local_caller($1)
