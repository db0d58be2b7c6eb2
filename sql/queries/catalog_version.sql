-- catalog_version: which version of the catalog there is now
SELECT version FROM sallyport.version WHERE name = 'catalog'
