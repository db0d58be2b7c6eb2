-- key_list: the signing keys
SELECT kid, alg, state, created_at, activated_at, retire_after FROM sallyport.signing_key
 ORDER BY array_position(array['active', 'next', 'retiring', 'retired'], state), created_at DESC
