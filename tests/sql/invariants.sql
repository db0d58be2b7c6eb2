-- What must hold after every run: each query gives a line for each violation.
-- xmin is the transaction that wrote a row last, so that a row and its audit row
-- can be shown to be of one transaction.  A test that changes rows itself owns up
-- to it with an audit row "test" (tamper() of tests/lib/oauth.sh).

-- one code, one family
SELECT 'a grant with ' || count(*) || ' codes: ' || grant_id
  FROM sallyport.auth_code GROUP BY grant_id HAVING count(*) > 1;
SELECT 'a code that was redeemed ' || count(*) || ' times: ' || grant_id
  FROM sallyport.audit WHERE event = 'token.code' AND outcome = 'ok' GROUP BY grant_id HAVING count(*) > 1;

-- at most one live refresh token in a family; every used one has its successor
SELECT 'a family with ' || count(*) || ' live refresh tokens: ' || t.grant_id
  FROM sallyport.refresh_token t JOIN sallyport.grants g USING (grant_id)
 WHERE t.used_at IS NULL AND t.expires_at > now() AND g.revoked_at IS NULL
 GROUP BY t.grant_id HAVING count(*) > 1;
SELECT 'a used refresh token without a successor in its family: ' || t.grant_id
  FROM sallyport.refresh_token t
 WHERE t.used_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sallyport.refresh_token s
        WHERE s.token_sha256 = t.successor_sha256 AND s.grant_id = t.grant_id);
SELECT 'two refresh tokens with one successor: ' || grant_id
  FROM sallyport.refresh_token WHERE successor_sha256 IS NOT NULL
 GROUP BY grant_id, successor_sha256 HAVING count(*) > 1;
SELECT 'refresh tokens of a family that are not one chain: ' || grant_id
  FROM sallyport.refresh_token GROUP BY grant_id HAVING count(*) <> 1 + count(successor_sha256);

-- nothing lives on for somebody who has gone
SELECT 'a live grant of a disabled user: ' || g.grant_id
  FROM sallyport.grants g JOIN sallyport.users u USING (user_id)
 WHERE g.revoked_at IS NULL AND u.disabled_at IS NOT NULL;
SELECT 'a live grant of a disabled client: ' || g.grant_id
  FROM sallyport.grants g JOIN sallyport.client c USING (client_id)
 WHERE g.revoked_at IS NULL AND c.disabled_at IS NOT NULL;
SELECT 'a session of a disabled user: ' || u.username
  FROM sallyport.browser_session s JOIN sallyport.users u USING (user_id) WHERE u.disabled_at IS NOT NULL;
SELECT 'a session from before the password was changed: ' || u.username
  FROM sallyport.browser_session s JOIN sallyport.users u USING (user_id) WHERE s.auth_time < u.password_changed_at;
SELECT 'a refresh token that was issued after its family ended: ' || g.grant_id
  FROM sallyport.refresh_token t JOIN sallyport.grants g USING (grant_id) WHERE t.issued_at > g.revoked_at;
SELECT 'a revoked grant that resource servers are not told of: ' || g.grant_id
  FROM sallyport.grants g
 WHERE g.revoked_at > now() - interval '24 hours'
   AND NOT EXISTS (SELECT 1 FROM sallyport.revocation r WHERE r.key = 'g:' || g.grant_id);

-- no act without its audit row, of the same transaction
SELECT 'a grant that nobody approved: ' || k.grant_id
  FROM sallyport.auth_code k
 WHERE k.spent_at IS NULL AND k.wrong_tries = 0 AND NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = k.xmin AND (a.event = 'test' OR a.event = 'authorize.approve' AND a.outcome = 'ok' AND a.grant_id = k.grant_id));
SELECT 'a code that was spent in silence: ' || k.grant_id
  FROM sallyport.auth_code k
 WHERE k.spent_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = k.xmin AND (a.event = 'test' OR a.event = 'token.code' AND a.outcome = 'ok' AND a.grant_id = k.grant_id));
SELECT 'a refresh token that was issued in silence: ' || t.grant_id
  FROM sallyport.refresh_token t
 WHERE t.used_at IS NULL AND NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = t.xmin AND (a.event = 'test' OR a.event IN ('token.code', 'token.refresh') AND a.outcome = 'ok' AND a.grant_id = t.grant_id));
SELECT 'a refresh token that was used in silence: ' || t.grant_id
  FROM sallyport.refresh_token t
 WHERE t.answer IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = t.xmin AND (a.event = 'test' OR a.event = 'token.refresh' AND a.outcome = 'ok' AND a.grant_id = t.grant_id));
SELECT 'a grant that was revoked in silence: ' || g.grant_id
  FROM sallyport.grants g
 WHERE g.revoked_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = g.xmin AND (a.event = 'test' OR a.event = 'grant.revoke' AND a.grant_id = g.grant_id));
SELECT 'a client that was registered in silence: ' || c.client_id
  FROM sallyport.client c
 WHERE c.kind = 'registered' AND c.last_used_at IS NULL AND NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = c.xmin AND (a.event = 'test' OR a.event IN ('client.register', 'client.disable', 'client.enable') AND a.client_id = c.client_id));
SELECT 'a session that was opened in silence: ' || s.user_id
  FROM sallyport.browser_session s
 WHERE NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = s.xmin AND (a.event = 'test' OR a.event = 'signin' AND a.outcome = 'ok' AND a.user_id = s.user_id));
SELECT 'a task that was completed in silence: ' || encode(t.task_sha256, 'hex')
  FROM sallyport.task t
 WHERE t.status = 'completed' AND NOT EXISTS (SELECT 1 FROM sallyport.audit a
        WHERE a.xmin = t.xmin AND (a.event = 'test' OR a.event = 'tool.call' AND a.tool = t.tool AND a.grant_id = t.grant_id));

-- what has ended keeps nothing that it does not need
SELECT 'a task of a revoked grant that goes on: ' || encode(t.task_sha256, 'hex')
  FROM sallyport.task t JOIN sallyport.grants g USING (grant_id)
 WHERE t.status IN ('working', 'input_required') AND g.revoked_at IS NOT NULL;
SELECT 'a task that has ended and still asks: ' || encode(t.task_sha256, 'hex')
  FROM sallyport.task t JOIN sallyport.task_input i USING (task_sha256)
 WHERE t.status NOT IN ('working', 'input_required');
SELECT 'a task that waits for nothing: ' || encode(t.task_sha256, 'hex')
  FROM sallyport.task t
 WHERE t.status = 'input_required' AND NOT EXISTS (SELECT 1 FROM sallyport.task_input i
        WHERE i.task_sha256 = t.task_sha256 AND i.response IS NULL);

-- and no audit row without the act
SELECT 'an approval without its grant: ' || a.grant_id
  FROM sallyport.audit a
 WHERE a.event = 'authorize.approve' AND a.outcome = 'ok' AND a.at > now() - interval '10 minutes'
   AND NOT EXISTS (SELECT 1 FROM sallyport.grants g WHERE g.grant_id = a.grant_id);
SELECT 'a family with ' || count(*) || ' refresh tokens, and ' || issued || ' issued by the audit: ' || grant_id
  FROM sallyport.refresh_token t JOIN LATERAL (SELECT count(*) AS issued FROM sallyport.audit a
        WHERE a.grant_id = t.grant_id AND a.outcome = 'ok'
          AND ((a.event = 'token.code' AND a.detail->>'refresh' = 'true')
            OR (a.event = 'token.refresh' AND a.detail->>'replayed' IS NULL))) x ON true
 GROUP BY t.grant_id, issued HAVING count(*) <> issued;
SELECT 'a registration without its client: ' || a.client_id
  FROM sallyport.audit a
 WHERE a.event = 'client.register' AND a.outcome = 'ok' AND a.at > now() - interval '10 minutes'
   AND NOT EXISTS (SELECT 1 FROM sallyport.client c WHERE c.client_id = a.client_id);

-- no token beyond the consent
SELECT 'a token with scope or resource beyond its grant: ' || a.grant_id
  FROM sallyport.audit a JOIN sallyport.grants g USING (grant_id)
 WHERE a.event IN ('token.code', 'token.client') AND a.outcome = 'ok'
   AND (a.resource <> g.resource OR NOT coalesce(string_to_array(nullif(a.detail->>'scope', ''), ' '), '{}') <@ g.scope);
SELECT 'a grant with a redirect URI that is not its client''s: ' || g.grant_id
  FROM sallyport.grants g JOIN sallyport.client c USING (client_id)
 WHERE c.kind = 'registered' AND g.redirect_uri NOT LIKE 'http://%' AND g.redirect_uri <> ALL (c.redirect_uris);

-- no redirect URI that is refused today
SELECT 'a redirect URI that is refused today: ' || u
  FROM sallyport.client c, unnest(c.redirect_uris) u
 WHERE u !~ '^(https://[a-z0-9]|http://(127\.0\.0\.1|\[::1\]|localhost)([:/?]|$)|[a-zA-Z][a-zA-Z0-9+.-]*:.)'
    OR u ~ '[[:cntrl:][:space:]#\\*]' OR u ~* '^(javascript|data|vbscript|file|blob|about|mailto):' OR u ~ '^[^/?]*//[^/?]*@';

-- what has run out is swept
SELECT 'an unused code that is not swept: ' || grant_id
  FROM sallyport.auth_code WHERE spent_at IS NULL AND expires_at < now() - interval '15 minutes';
SELECT 'an answer that is kept beyond the grace: ' || grant_id
  FROM sallyport.refresh_token WHERE answer IS NOT NULL AND used_at < now() - interval '15 minutes';
