-- quota_slot_take: one more that runs, if fewer than the limit do
-- $1 text key, $2 uuid the slot, $3 bigint limit, $4 bigint milliseconds after which it is free in any case
SELECT sallyport.quota_slot_take($1, $2, $3, $4) AS taken
