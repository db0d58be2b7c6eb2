-- breakers: all that has failed the last time
SELECT key, failures, left_ms, failure, since FROM sallyport.breakers()
