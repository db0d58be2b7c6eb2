-- breaker_abandon: who was let through learned nothing   $1 text kind, $2 text name
SELECT sallyport.breaker_abandon($1, $2)
