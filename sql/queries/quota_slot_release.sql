-- quota_slot_release: it runs no more   $1 uuid the slot
SELECT sallyport.quota_slot_release($1)
