-- request_state_spend: in front of a call whose answers count once; fails with P0S05 when they did before
-- $1 uuid of the state, $2 bigint when it runs out (seconds since 1970)
SELECT sallyport.request_state_spend($1, $2)
