-- audit_tail: the newest rows after one, oldest first   $1 bigint audit_id   $2 bigint how many
SELECT * FROM (
	SELECT a.audit_id, a.at, a.event, a.outcome, u.username, a.client_id, a.grant_id, a.tool, a.duration_ms,
	       a.request_id, a.address, a.detail
	  FROM sallyport.audit a LEFT JOIN sallyport.users u USING (user_id)
	 WHERE a.audit_id > $1 ORDER BY a.audit_id DESC LIMIT $2) newest
 ORDER BY audit_id
