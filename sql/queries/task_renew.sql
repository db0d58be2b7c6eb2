-- task_renew: longer leases, and which runs are still the runner's
-- $1 jsonb {SHA-256 in hex: run}   $2 bigint milliseconds
SELECT task_sha256, run FROM sallyport.task_renew($1, $2)
