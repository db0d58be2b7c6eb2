#!/bin/bash
# Another MCP server behind ours, on a pipe: what it has is approved, listed under its prefix, and called.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/node.sh"
. "$top_srcdir/tests/lib/upstream.sh"
needs_everything
plan 24
start_postgres && migrate access_token_ttl=3600 executable_dirs="${node%/*}" && start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice

upstream() {
	apply_upstream <<-END
		kind: upstream
		name: everything
		command: [node, "$everything", stdio, "$T"]
		environment: {MARK: set by us}
		tier: public
		timeout: 60s
		$1
	END
}

is "an upstream is applied, and asked what it has" 0 "$(upstream 'prompts: true
resources: true')"
like "what it has is shown" 'added    tool everything/echo' "$(cat "$T/out")"
like "so is a tool that can only be a task" 'added    tool everything/simulate-research-query' "$(cat "$T/out")"
mcp_token=$(token_for alice)
like "its tools are listed under its prefix" '^everything_echo everything_get-annotated-message ' "$(listed tools/list tools name)"
like "its prompts, too" 'everything_args-prompt' "$(listed prompts/list prompts name)"
like "its resources have a scheme of its own" 'everything\+demo://resource/static/document/features.md' \
	"$(listed resources/list resources uri)"
like "and its templates" 'everything\+demo://resource/dynamic/text/\{resourceId\}' \
	"$(listed resources/templates/list resourceTemplates uriTemplate)"

tool everything_echo '{"message": "hello"}'
is "a tool is called" "Echo: hello" "$(json '.result.content[0].text')"
tool everything_get-structured-content '{"location": "Chicago"}'
is "structured content passes" "number" "$(json '.result.structuredContent.temperature | type')"
tool everything_get-env
is "the environment has what the document says" "set by us" "$(json '.result.content[0].text | fromjson | .MARK')"
is "and nothing of ours" "" "$(json '.result.content[0].text | fromjson | keys[] | select(test("SALLYPORT|TOKEN|HTTP_|REQUEST_"))')"
tool everything_get-tiny-image
is "an image passes" "image/png" "$(json '[.result.content[] | select(.type == "image")][0].mimeType')"
tool everything_get-resource-links '{"count": 2}'
like "links lead to resources of ours" '^everything\+demo:' "$(json '[.result.content[] | select(.type == "resource_link")][0].uri')"
uri=$(json '[.result.content[] | select(.type == "resource_link")][0].uri')
name=$uri method=resources/read try "and can be read" "200 ok" "$(rpc resources/read "{\"uri\": \"$uri\"}")"
is "under the name by which they were asked for" "$uri" "$(json '.result.contents[0].uri')"
name=everything_args-prompt method=prompts/get try "a prompt is got" "200 ok" \
	"$(rpc prompts/get '{"name": "everything_args-prompt", "arguments": {"city": "Ulm"}}')"
like "with its argument in it" 'Ulm' "$(json '.result.messages[0].content.text')"
tool everything_get-sum '{"a": "x"}'
is "arguments are judged here by its schema" true "$(json '.result.isError')"
is "the audit trail knows the call" "ok" "$(sql "SELECT outcome FROM sallyport.audit WHERE event = 'tool.call' AND
	tool = 'everything_echo'")"

# rules
is "rules are applied without asking it again" 0 "$(upstream 'tools:
  include: ["get-*", echo]
  exclude: ["get-env"]
  rename: {echo: say}
  overrides:
    get-sum: {fixed: {a: 40}, description: Adds forty, tier: public}
    echo: {tier: admin}')"
like "some tools are left, with other names" '^everything_get-annotated-message .*everything_get-sum' "$(listed tools/list tools name)"
is "a tool for administrators, and what was excluded, are not listed" "" \
	"$(listed tools/list tools name | grep -E 'everything_(say|echo|get-env)')"
tool everything_get-sum '{"b": 2}'
like "an argument is fixed" '42' "$(json '.result.content[0].text')"
is "no process is left" "" "$(pgrep -f "$everything stdio $T" | grep -v "^$$\$")"
