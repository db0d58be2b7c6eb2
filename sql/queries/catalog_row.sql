-- catalog_row: one row of the catalog   $1 text kind of document   $2 text server   $3 text name
SELECT sallyport.catalog_row($1, $2, $3) AS row
