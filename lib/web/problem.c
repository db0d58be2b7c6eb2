/* problem.c - the table of what can go wrong */
#include "web/problem.h"

static const struct sp_problem_info table[SP_PROBLEM_COUNT] = {
	[SP_OK] = { "ok", 200, "Nothing went wrong." },
	[SP_INVALID_REQUEST] = { "invalid_request", 400,
	    "The request is incomplete or malformed." },
	[SP_INVALID_CLIENT] = { "invalid_client", 401,
	    "The application is unknown, or did not prove who it is." },
	[SP_INVALID_GRANT] = { "invalid_grant", 400,
	    "The code or token is unknown, expired, revoked or already used." },
	[SP_UNAUTHORIZED_CLIENT] = { "unauthorized_client", 400,
	    "The application is not allowed to ask in this way." },
	[SP_UNSUPPORTED_GRANT_TYPE] = { "unsupported_grant_type", 400,
	    "This kind of grant is not supported." },
	[SP_UNSUPPORTED_RESPONSE_TYPE] = { "unsupported_response_type", 400,
	    "This kind of response is not supported." },
	[SP_INVALID_SCOPE] = { "invalid_scope", 400,
	    "The application asked for a permission that does not exist or is not open to it." },
	[SP_INVALID_TARGET] = { "invalid_target", 400,
	    "The application asked for access to a server that is not here." },
	[SP_ACCESS_DENIED] = { "access_denied", 403, "Access was denied." },
	[SP_LOGIN_REQUIRED] = { "login_required", 400, "You have to sign in first." },
	[SP_CONSENT_REQUIRED] = { "consent_required", 400, "You have to give your consent first." },
	[SP_REQUEST_NOT_SUPPORTED] = { "request_not_supported", 400,
	    "Request objects are not supported." },
	[SP_REQUEST_URI_NOT_SUPPORTED] = { "request_uri_not_supported", 400,
	    "Request objects by reference are not supported." },
	[SP_INVALID_REDIRECT_URI] = { "invalid_redirect_uri", 400,
	    "The address to return to is not acceptable." },
	[SP_INVALID_CLIENT_METADATA] = { "invalid_client_metadata", 400,
	    "The application's description of itself is not acceptable." },
	[SP_INVALID_SOFTWARE_STATEMENT] = { "invalid_software_statement", 400,
	    "The software statement is not acceptable." },
	[SP_UNSUPPORTED_TOKEN_TYPE] = { "unsupported_token_type", 400,
	    "Tokens of this kind cannot be revoked here." },
	[SP_INVALID_TOKEN] = { "invalid_token", 401,
	    "The access token is missing, expired, revoked or not meant for this server." },
	[SP_INSUFFICIENT_SCOPE] = { "insufficient_scope", 403,
	    "The access token does not carry the permission that this needs." },
	[SP_TEMPORARILY_UNAVAILABLE] = { "temporarily_unavailable", 503,
	    "The service cannot answer at the moment." },
	[SP_SERVER_ERROR] = { "server_error", 500, "The fault is on our side." },
	[SP_NOT_FOUND] = { "not_found", 404, "There is nothing at this address." },
	[SP_METHOD_NOT_ALLOWED] = { "method_not_allowed", 405,
	    "This address does not answer to that method." },
	[SP_NOT_ACCEPTABLE] = { "not_acceptable", 406,
	    "None of the acceptable kinds of answer can be made." },
	[SP_REQUEST_TIMEOUT] = { "request_timeout", 408, "The request took too long to arrive." },
	[SP_LENGTH_REQUIRED] = { "length_required", 411, "The length of the body must be stated." },
	[SP_CONTENT_TOO_LARGE] = { "content_too_large", 413, "The request is too large." },
	[SP_UNSUPPORTED_MEDIA_TYPE] = { "unsupported_media_type", 415,
	    "The request's content is of a kind that is not understood here." },
	[SP_FORBIDDEN] = { "forbidden", 403, "The request was refused." },
	[SP_SLOW_DOWN] = { "slow_down", 429, "There were too many requests." },
};

const struct sp_problem_info *
sp_problem_info(enum sp_problem problem)
{
	if ((unsigned)problem >= SP_PROBLEM_COUNT)
		problem = SP_SERVER_ERROR;
	return &table[problem];
}
