-- catalog_tests: the tests of the documents of tools
SELECT server, name, body->'tests' AS tests FROM sallyport.catalog_document
 WHERE kind = 'tool' AND json_typeof(body->'tests') = 'array' ORDER BY server, name
