-- upstream_watch: a stream wants to hear of resources of upstreams
-- $1 json our URIs, $2 bigint until when, in seconds since 1970
SELECT sallyport.upstream_watch($1, $2)
