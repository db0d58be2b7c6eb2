-- user_list: everybody
SELECT username, display_name, email, tier, created_at, disabled_at, user_id,
       (SELECT count(*) FROM sallyport.grants g WHERE g.user_id = u.user_id AND g.revoked_at IS NULL) AS grants
  FROM sallyport.users u ORDER BY lower(username)
