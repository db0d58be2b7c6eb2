-- versions: of the keys and of the catalog, which grow with each change
SELECT (SELECT version FROM sallyport.version WHERE name = 'keys') AS keys,
       (SELECT version FROM sallyport.version WHERE name = 'catalog') AS catalog
