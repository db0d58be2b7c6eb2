-- policy: who may call what beside tiers and scopes; by rule, then by whom it is about
SELECT rule, subject, server, value, rate FROM sallyport.policy()
