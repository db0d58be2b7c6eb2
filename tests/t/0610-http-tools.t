#!/bin/bash
# Tools of kind "http": requests made of typed parts, answers taken apart, what hostile arguments cannot do.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
needs python3
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
start_service

apply_documents <<'YAML'
kind: source
name: jobs
type: http
url: SERVICE
http: true
allow: [127.0.0.1]
headers: {Accept: application/json, X-App: sallyport}
---
kind: tool
name: get_job
description: One job by its number or id
tier: public
parameters:
  job: {type: [string, integer]}
annotations: {readOnlyHint: true}
http:
  source: jobs
  let:
    number: {from: "{job}", pattern: '(?i)^\s*(?:job[- ]?|#)?([0-9]+)\s*$', error: "job: a number like 500 or Job-500"}
  resolve:
    - {as: id, value: "{number}", unless: "^[0-9]{7,}$", path: /jobs, query: {pageSize: 100, filterJobNo: "{number}"},
       items: /data, match: {jobNo: "{number}"}, take: /id, missing: there is no such job}
  path: /jobs/{id}
  response: {select: /data, project: {id: /id, title: [/name, /title], customer: {id: /customerId}}}
---
kind: tool
name: update_job
description: Changes a job
tier: public
parameters:
  id: {type: integer}
  title: {type: string, required: false}
  description: {type: string, required: false}
  customerId: {type: integer, required: false}
http:
  source: jobs
  read: {path: "/jobs/{id}", select: /data}
  method: PUT
  path: /jobs/{id}
  body: {title: "{title|read/title|read/description}", jobType: "{read/jobType}", description: "{description}", customerId: "{customerId}"}
  response: {select: /data}
---
kind: tool
name: overlay_job
description: Changes a job, the rest stays
tier: public
parameters: {id: {type: integer}, title: {type: string}}
http:
  source: jobs
  read: {path: "/jobs/{id}", select: /data, overlay: true}
  method: PUT
  path: /jobs/{id}
  body: {title: "{title}"}
  response: {select: /data}
---
kind: tool
name: list_customers
description: Customers, page by page
tier: public
parameters:
  search: {type: string, required: false}
  pageSize: {type: integer, default: 2}
  pageCursor: {type: string, required: false}
annotations: {readOnlyHint: true}
http:
  source: jobs
  path: /customers
  query: {filterSearchText: "{search?}", pageSize: "{pageSize}", pageCursor: "{pageCursor|=0}"}
  response:
    list: {items: /data, as: customers, next: {link: /paging/links/next, parameter: pageCursor},
           previous: {link: /paging/links/previous, parameter: pageCursor}, also: {perPage: /paging/perPage}}
    project: {id: /id, name: /customerFullName, email: "/mainContact/contactItems/?contactType=email/contactValue"}
---
kind: tool
name: create_customer
description: A new customer
tier: public
parameters: {name: {type: string}}
http:
  source: jobs
  method: POST
  path: /customers
  body: {customerFullName: "{name}"}
  cases: [{status: 303, result: {existing: true, location: "{answer/headers/location}"}}]
---
kind: tool
name: delete_customer
description: Gone
tier: public
parameters: {id: {type: integer}, reason: {type: string, required: false}}
http: {source: jobs, method: DELETE, path: "/customers/{id}", body: {reason: "{reason}"}, omit_empty_body: true}
---
kind: tool
name: echo
description: Sends everything back
tier: public
input:
  type: object
  properties: {seg: {}, path: {type: string}, q: {}, tags: {type: array}, h: {}, body: {}, kind: {type: string}}
http:
  source: jobs
  method: POST
  path: /echo/{seg|=x}/{+path|=p}
  query: {q: "{q}", tags: {value: "{tags}", explode: false}}
  headers: {X-Value: "{h}", X-Text: "a {h}"}
  body: {value: "{body}", text: "v={seg}"}
---
kind: tool
name: form
description: A form
tier: public
input: {type: object, properties: {a: {}, list: {type: array}}}
http:
  source: jobs
  method: POST
  path: /echo
  form: {Action: Do It, A.1: "{a}", L: "{list}"}
---
kind: tool
name: thing
description: One of the things of the service
tier: public
max_bytes: 200
parameters: {name: {type: string}}
annotations: {readOnlyHint: true}
http: {source: jobs, path: "/{+name}", retries: 0}
---
kind: tool
name: groups
description: XML
tier: public
parameters: {}
annotations: {readOnlyHint: true}
http:
  source: jobs
  path: /xml
  response:
    xml: {arrays: [item]}
    select: /DescribeSecurityGroupsResponse/securityGroupInfo/item
    project: {id: /groupId, rules: {each: /ipPermissions/item, project: {port: /fromPort, cidrs: {each: /ipRanges/item, project: {cidr: /cidrIp}}}}}
---
kind: tool
name: xml
description: XML of another kind
tier: public
parameters: {path: {type: string}}
http:
  source: jobs
  path: /xml/{path}
  response: {xml: true, error: /Response/Errors/Error/Message}
  cases: [{status: 400, where: {/Response/Errors/Error/Code: InvalidPermission.Duplicate}, result: {already_exists: true}}]
---
kind: tool
name: not_json
description: Wants JSON
tier: public
parameters: {name: {type: string}}
http: {source: jobs, path: "/{name}", response: {select: /a}}
---
kind: tool
name: fit
description: With an output schema
tier: public
parameters: {id: {type: integer}}
output: {type: object, required: [id], properties: {id: {type: integer}}}
http: {source: jobs, path: "/jobs/{id}", response: {select: /data, project: {id: [/id]}}}
YAML
is "the documents are applied" 0 $?
[ -z "${VERBOSE:-}" ] || note "$(cat "$sv_log/catalog.log")"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && token_for alice >/dev/null

# look-ups, changes, lists
gives get_job '{"id":7000001,"title":"Roof","customer":{"id":4}}' '{"job":"Job-500"}'
is "one look-up, then the job" "/jobs?pageSize=100&filterJobNo=500 /jobs/7000001" "$(jq -r .target "$T/service/requests" | sed 's/filterJobNo=500&pageSize=100/pageSize=100\&filterJobNo=500/' | xargs)"
is "with the fields of the source" "sallyport application/json" "$(seen '"\(.headers."x-app") \(.headers.accept)"')"
is "and no type without a body" null "$(seen '.headers."content-type"')"
forget_requests
gives get_job '{"id":7000002,"title":"Drain","customer":null}' '{"job":7000002}'
is "an id is not looked up" 1 "$(wc -l <"$T/service/requests")"
fails get_job "there is no such job" '{"job":"50"}'
fails get_job "job: a number like 500 or Job-500" '{"job":"../500"}'
fails_like get_job "jobs answered with status 404: job not found" '{"job":"9999999"}'
is "in the audit trail" "error status 404" "$(last_call)"
gives update_job '{"title":"Roof","jobType":"Quote","customerId":7,"description":"New"}' '{"id":7000001,"description":"New","customerId":7}'
is "the body that was sent" '{"title":"Roof","jobType":"Quote","customerId":7,"description":"New"}' "$(seen .body)"
is "its type" application/json "$(seen '.headers."content-type"')"
gives overlay_job '{"title":"Wall","id":7000001,"jobNo":"500","jobType":"Quote","description":"Slates","customerId":4}' '{"id":7000001,"title":"Wall"}'
gives list_customers '{"customers":[{"id":4,"name":"Ann","email":"ann@example.com"},{"id":5,"name":"Bob","email":null}],"pagination":{"count":2,"perPage":2,"nextCursor":"2"}}' '{"search":""}'
is "an empty text is left out, what is missing has its value" "/customers?pageSize=2&pageCursor=0" "$(seen .target)"
gives create_customer '{"existing":true,"location":"/customers/4"}' '{"name":"Ann"}'
forget_requests
gives delete_customer '{}' '{"id":4}'
is "a DELETE without a body has no type" "DELETE null null" "$(seen '"\(.method) \(.headers."content-type") \(.length)"')"
fails_like delete_customer "jobs answered with status 415" '{"id":4,"reason":"why"}'

# hostile arguments: none leaves its place
echoed() { answer echo "$1" >/dev/null; json "$2"; }
is "a segment" "/echo/a%2Fb%3Fc%23d%20%C3%A9/p" "$(echoed '{"seg":"a/b?c#d é"}' .result.structuredContent.target)"
is "a percent sign" "/echo/50%252e/p" "$(echoed '{"seg":"50%2e"}' .result.structuredContent.target)"
for seg in .. . '' %2e%2e ../x 'x%2F..%2fy' 'x\\\\..' "a\\u0001b" "a\\r\\nb"; do
	like "a segment $seg" '^true seg' "$(answer echo "{\"seg\":\"$seg\"}")"
done
is "several segments" "/echo/x/a/b%20c" "$(echoed '{"path":"a/b c"}' .result.structuredContent.target)"
for path in ../x a/../b /x a//b . a/%2E%2e/b; do
	like "segments $path" '^true \+path' "$(answer echo "{\"path\":\"$path\"}")"
done
is "a query" "/echo/x/p?q=a%26b%3Dc%0D%0AX%3A%20y%2B" "$(echoed '{"q":"a&b=c\r\nX: y+"}' .result.structuredContent.target)"
is "an array in a query" "/echo/x/p?tags=a,b%2Cc,1" "$(echoed '{"tags":["a","b,c",1]}' .result.structuredContent.target)"
like "a line in a header field" '^true X-' "$(answer echo '{"h":"a\r\nX-Evil: 1"}')"
like "a bare line feed in one" '^true X-' "$(answer echo '{"h":"a\nX-Evil: 1"}')"
is "a header field" "v a v" "$(echoed '{"h":"v"}' '.result.structuredContent.headers | "\(."x-value") \(."x-text")"')"
is "a value keeps its type" '{"value":{"a":[1,"\"}{"]},"text":"v={x}"}' "$(echoed '{"body":{"a":[1,"\"}{"]},"seg":"{x}"}' .result.structuredContent.body | jq -c '{value, text}')"
is "a number keeps its digits" '{"value":12345678901234567890.10}' "$(echoed '{"body":12345678901234567890.10}' .result.structuredContent.body)"
huge=$(printf 'x%.0s' {1..20000})
like "a segment that is too long" '^true the arguments are too long' "$(answer echo "{\"seg\":\"$huge\"}")"
is "a body may be long" 20000 "$(echoed "{\"body\":\"$huge\"}" '.result.structuredContent.body | fromjson.value | length' 2>/dev/null)"
is "a form" "A.1=1%262%20%2B&Action=Do%20It&L=x&L=y" "$(answer form '{"a":"1&2 +","list":["x","y"]}' >/dev/null; json '.result.structuredContent.body' | tr '&' '\n' | sort | paste -sd '&')"

# answers
gives thing "$(python3 -c 'print(("n\u00e4he " * 200).encode()[:200].decode(errors="ignore"), end="")')
[cut here: the answer has 1200 bytes]" '{"name":"text"}'
gives thing 42 '{"name":"number"}'
gives thing '{}' '{"name":"empty"}'
answer thing '{"name":"image"}' >/dev/null
is "an image" '{"data":"iVBORw0K","mimeType":"image/png","type":"image"}' "$(json -cS '.result.content[0]')"
answer thing '{"name":"bytes"}' >/dev/null
is "bytes" '{"resource":{"blob":"AP8=","mimeType":"application/zip","uri":"urn:sallyport:thing"},"type":"resource"}' "$(json -cS '.result.content[0]')"
fails_like thing "the result has 1008 bytes, and at most 200" '{"name":"large/1000"}'
fails_like thing "jobs answered with status 302" '{"name":"redirect"}'
is "a redirect is not followed" "/redirect" "$(seen .target)"
fails_like thing "jobs: its answer cannot be read" '{"name":"notjson"}'
gives groups '{"result":[{"id":"sg-1","rules":[{"port":"443","cidrs":[{"cidr":"203.0.113.7/32"}]}]}]}'
gives xml '{"already_exists":true}' '{"path":"error"}'
fails_like xml "jobs: its answer cannot be read" '{"path":"entities"}'
fails_like not_json "jobs: its answer cannot be read" '{"name":"text"}'
fails_like not_json "jobs: the answer of the service has no /a" '{"name":"echo"}'
gives fit '{"id":7000001}' '{"id":7000001}'
is "the audit row" ok "$(last_call)"
stop_service
done_testing
