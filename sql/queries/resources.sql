-- resources: the protected resources with their scopes; a JSON array of descriptions beside them
SELECT name, title, scopes, default_scopes, descriptions FROM sallyport.resources()
