-- revocations: what must be refused although it has not expired ('g:' grant_id, 'j:' jti)
SELECT key FROM sallyport.revocations()
