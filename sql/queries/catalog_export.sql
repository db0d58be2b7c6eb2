-- catalog_export: everything that documents could have made
SELECT kind, server, name, "group", origin, body, entry FROM sallyport.catalog_export()
