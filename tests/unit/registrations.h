/*
 * registrations.h - what real MCP clients say of themselves (2025 and 2026)
 *
 * Bodies of registrations, as public issues and sources have them, and metadata
 * documents; names of hosts and identifiers that are a person's are made up.
 */
#ifndef SP_UNIT_REGISTRATIONS_H
#define SP_UNIT_REGISTRATIONS_H

struct real_client {
	const char *name, *body;
	const char *redirect_uris;	/* as kept: a JSON array */
	const char *auth_method;
	bool refresh;			/* it gets refresh tokens */
};

static const struct real_client real_registrations[] = {
	{ "Claude", "{\"client_name\":\"Claude\",\"client_uri\":\"https://claude.ai\","
	    "\"redirect_uris\":[\"https://claude.ai/api/mcp/auth_callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"none\",\"scope\":\"openid offline_access\"}",
	    "[\"https://claude.ai/api/mcp/auth_callback\"]", "none", true },
	{ "Claude with a secret", "{\"client_name\":\"Claude\",\"redirect_uris\":[\"https://claude.ai/api/mcp/auth_callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"client_secret_post\"}",
	    "[\"https://claude.ai/api/mcp/auth_callback\"]", "client_secret_post", true },
	{ "Claude Code", "{\"client_name\":\"Claude Code (sallyport)\",\"redirect_uris\":[\"http://localhost:54212/callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"none\"}",
	    "[\"http://localhost:54212/callback\"]", "none", true },
	{ "ChatGPT", "{\"client_name\":\"ChatGPT\",\"client_uri\":\"https://chatgpt.com/\",\"redirect_uris\":"
	    "[\"https://chatgpt.com/connector_platform_oauth_redirect\",\"https://chatgpt.com/connector/oauth/aB3xYz\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"none\",\"software_id\":null,\"logo_uri\":null}",
	    "[\"https://chatgpt.com/connector_platform_oauth_redirect\",\"https://chatgpt.com/connector/oauth/aB3xYz\"]", "none", true },
	{ "Codex", "{\"client_name\":\"Codex\",\"redirect_uris\":[\"http://127.0.0.1:38391/callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"token_endpoint_auth_method\":\"none\","
	    "\"response_types\":[\"code\"],\"application_type\":\"native\",\"scope\":\"mcp offline_access\"}",
	    "[\"http://127.0.0.1:38391/callback\"]", "none", true },
	{ "VS Code", "{\"client_name\":\"Visual Studio Code\",\"client_uri\":\"https://code.visualstudio.com\","
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\",\"urn:ietf:params:oauth:grant-type:device_code\"],"
	    "\"response_types\":[\"code\"],\"redirect_uris\":[\"https://insiders.vscode.dev/redirect\",\"https://vscode.dev/redirect\","
	    "\"http://127.0.0.1/\",\"http://127.0.0.1:33418/\"],\"token_endpoint_auth_method\":\"none\",\"application_type\":\"native\"}",
	    "[\"https://insiders.vscode.dev/redirect\",\"https://vscode.dev/redirect\",\"http://127.0.0.1/\",\"http://127.0.0.1:33418/\"]",
	    "none", true },
	{ "Cursor", "{\"client_name\":\"Cursor\",\"redirect_uris\":[\"https://www.cursor.com/agents/mcp/oauth/callback\","
	    "\"http://localhost:8787/callback\"],\"token_endpoint_auth_method\":\"none\",\"scope\":\"notes:read\","
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"]}",
	    "[\"https://www.cursor.com/agents/mcp/oauth/callback\",\"http://localhost:8787/callback\"]", "none", true },
	{ "Cursor before, web although its scheme is its own", "{\"client_name\":\"Cursor\",\"application_type\":\"web\",\"redirect_uris\":"
	    "[\"cursor://anysphere.cursor-mcp/oauth/callback\",\"https://www.cursor.com/agents/mcp/oauth/callback\"],"
	    "\"grant_types\":[\"authorization_code\"],\"token_endpoint_auth_method\":\"none\"}",
	    "[\"cursor://anysphere.cursor-mcp/oauth/callback\",\"https://www.cursor.com/agents/mcp/oauth/callback\"]", "none", false },
	{ "a lookalike with one URI that is refused", "{\"client_name\":\"Bot\",\"redirect_uris\":[\"cursor://anysphere.cursor-mcp/oauth/callback\","
	    "\"http://bot.example/callback\",\"https://bot.example/callback\"],\"token_endpoint_auth_method\":\"none\"}",
	    "[\"cursor://anysphere.cursor-mcp/oauth/callback\",\"https://bot.example/callback\"]", "none", false },
	{ "Copilot Studio", "{\"client_name\":\"Microsoft Copilot Studio\",\"redirect_uris\":"
	    "[\"https://global.consent.azure-apim.net/redirect/new-5fnotes-20mcp-5fbc0cf1\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"client_secret_basic\"}",
	    "[\"https://global.consent.azure-apim.net/redirect/new-5fnotes-20mcp-5fbc0cf1\"]", "client_secret_basic", true },
	{ "Gemini CLI", "{\"client_name\":\"Gemini CLI MCP Client\",\"redirect_uris\":[\"http://localhost:42817/oauth/callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"token_endpoint_auth_method\":\"none\",\"code_challenge_method\":[\"S256\"],\"scope\":\"\"}",
	    "[\"http://localhost:42817/oauth/callback\"]", "none", true },
	{ "Gemini Spark", "{\"client_name\":\"Gemini\",\"redirect_uris\":"
	    "[\"https://oauth-redirect.googleusercontent.com/r/user_bound_custom-mcp-7-mcp_example_com\"],"
	    "\"token_endpoint_auth_method\":\"client_secret_post\",\"grant_types\":[\"authorization_code\",\"refresh_token\"]}",
	    "[\"https://oauth-redirect.googleusercontent.com/r/user_bound_custom-mcp-7-mcp_example_com\"]", "client_secret_post", true },
	{ "mcp-remote", "{\"redirect_uris\":[\"http://localhost:3334/oauth/callback\"],\"token_endpoint_auth_method\":\"none\","
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],\"client_name\":\"MCP CLI Proxy\","
	    "\"client_uri\":\"https://github.com/modelcontextprotocol/mcp-cli\",\"software_id\":\"2e6dc280-f3c3-4e01-99a7-8181dbd1d23d\","
	    "\"software_version\":\"0.1.37\",\"scope\":\"openid email profile\"}",
	    "[\"http://localhost:3334/oauth/callback\"]", "none", true },
	{ "Inspector", "{\"redirect_uris\":[\"http://localhost:6274/oauth/callback\",\"http://localhost:6274/oauth/callback/debug\"],"
	    "\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
	    "\"client_name\":\"MCP Inspector\",\"client_uri\":\"https://github.com/modelcontextprotocol/inspector\",\"scope\":\"notes:read\"}",
	    "[\"http://localhost:6274/oauth/callback\",\"http://localhost:6274/oauth/callback/debug\"]", "none", true },
	{ "Warp", "{\"client_name\":\"Warp\",\"redirect_uris\":[\"warp://mcp/oauth2callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"]}",
	    "[\"warp://mcp/oauth2callback\"]", "client_secret_basic", true },
	{ "Grok", "{\"client_name\":\"Grok\",\"redirect_uris\":[\"https://grok.com/connectors-oauth-exchange-code/\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"token_endpoint_auth_method\":\"none\"}",
	    "[\"https://grok.com/connectors-oauth-exchange-code/\"]", "none", true },
	{ "Cline", "{\"client_name\":\"Cline\",\"redirect_uris\":[\"http://127.0.0.1:1456/mcp/oauth/callback\"],"
	    "\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"]}",
	    "[\"http://127.0.0.1:1456/mcp/oauth/callback\"]", "none", true },
	{ "Le Chat", "{\"client_name\":\"Le Chat\",\"redirect_uris\":[\"https://callback.mistral.ai/v1/integrations_auth/oauth2_callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"token_endpoint_auth_method\":\"client_secret_post\"}",
	    "[\"https://callback.mistral.ai/v1/integrations_auth/oauth2_callback\"]", "client_secret_post", true },
	{ "the least that RFC 7591 allows", "{\"redirect_uris\":[\"https://app.example/cb\"]}",
	    "[\"https://app.example/cb\"]", "client_secret_basic", false },
};

static const struct real_client real_documents[] = {
	{ "https://claude.ai/oauth/mcp-oauth-client-metadata", "{\"client_id\":\"https://claude.ai/oauth/mcp-oauth-client-metadata\","
	    "\"client_name\":\"Claude\",\"client_uri\":\"https://claude.ai\",\"logo_uri\":\"https://claude.ai/images/claude_app_icon.png\","
	    "\"redirect_uris\":[\"https://claude.ai/api/mcp/auth_callback\",\"https://claude.com/api/mcp/auth_callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\",\"urn:ietf:params:oauth:grant-type:jwt-bearer\"],"
	    "\"response_types\":[\"code\"],\"token_endpoint_auth_method\":\"none\"}",
	    "[\"https://claude.ai/api/mcp/auth_callback\",\"https://claude.com/api/mcp/auth_callback\"]", "none", true },
	{ "https://claude.ai/oauth/claude-code-client-metadata", "{\"client_id\":\"https://claude.ai/oauth/claude-code-client-metadata\","
	    "\"client_name\":\"Claude Code\",\"redirect_uris\":[\"http://localhost/callback\",\"http://127.0.0.1/callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],\"token_endpoint_auth_method\":\"none\"}",
	    "[\"http://localhost/callback\",\"http://127.0.0.1/callback\"]", "none", true },
	{ "https://chatgpt.com/oauth/aB3xYz/client.json", "{\"client_id\":\"https://chatgpt.com/oauth/aB3xYz/client.json\",\"client_name\":\"ChatGPT\","
	    "\"redirect_uris\":[\"https://chatgpt.com/connector/oauth/aB3xYz\"],\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
	    "\"response_types\":[\"code\"],\"token_endpoint_auth_method\":\"private_key_jwt\","
	    "\"token_endpoint_auth_methods_supported\":[\"none\",\"private_key_jwt\"],\"token_endpoint_auth_signing_alg\":\"RS256\","
	    "\"jwks_uri\":\"https://chatgpt.com/oauth/jwks.json\"}",
	    "[\"https://chatgpt.com/connector/oauth/aB3xYz\"]", "none", true },
	{ "https://vscode.dev/oauth/client-metadata.json", "{\"client_id\":\"https://vscode.dev/oauth/client-metadata.json\","
	    "\"client_name\":\"Visual Studio Code\",\"grant_types\":[\"authorization_code\",\"refresh_token\","
	    "\"urn:ietf:params:oauth:grant-type:device_code\"],\"response_types\":[\"code\"],\"token_endpoint_auth_method\":\"none\","
	    "\"application_type\":\"native\",\"redirect_uris\":[\"http://127.0.0.1/\",\"https://vscode.dev/redirect\"]}",
	    "[\"http://127.0.0.1/\",\"https://vscode.dev/redirect\"]", "none", true },
	{ "https://zed.dev/oauth/client-metadata.json", "{\"client_id\":\"https://zed.dev/oauth/client-metadata.json\",\"client_name\":\"Zed\","
	    "\"redirect_uris\":[\"http://127.0.0.1/callback\"]}",
	    "[\"http://127.0.0.1/callback\"]", "none", false },
};

#endif
