-- source_spec: a source as workers see it; no row: there is none   $1 text its name
SELECT spec FROM sallyport.source_spec($1) AS spec WHERE spec IS NOT NULL
