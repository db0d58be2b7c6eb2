-- signing_keys: the keys of the set, the active one first
SELECT kid, alg, state, public_jwk, private_sealed FROM sallyport.signing_keys()
