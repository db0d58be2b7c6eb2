/*
 * authorize.c - the authorization endpoint: sign-in, consent, authorization response
 * (OAuth 2.1 section 4.1)
 *
 * GET shows the page that is needed next, or answers at once when nothing is.
 * Each form carries the request in a sealed handle that is bound to the browser
 * (sign-in) or to the session (consent); what comes back is read anew from the
 * handle, never from the form.
 */
#include "db/queries.h"
#include "oauth/authorization.h"
#include "people/signin.h"
#include "web/page.h"
#include "web/response.h"

#define SIGNIN_HANDLE "authorize-signin"
#define CONSENT_HANDLE "authorize-consent"

/* prompt=login is fulfilled by a sign-in of so many seconds ago: the one it led to. */
#define JUST_NOW 120

static struct sp_authority *
authority(struct sp_request *req)
{
	return req->process->state;
}

/* ---- refusals ---- */

/* What every page says of who asks; forms may end at the redirect URI. */
static void
show_client(struct sp_request *req, struct sp_view *page, const struct sp_authorization *a)
{
	sp_view_text(page, "redirect_host", sp_redirect_uri_host(req->mem, &a->redirect));
	sp_view_flag(page, "website", a->redirect.kind == SP_REDIRECT_HTTPS);
	sp_view_flag(page, "loopback", a->redirect.kind == SP_REDIRECT_LOOPBACK);
	sp_view_flag(page, "private_scheme", a->redirect.kind == SP_REDIRECT_PRIVATE_SCHEME);
	sp_view_cstr(page, "client_name", a->client.client_name);
	/* a metadata document proves its host; any other name is what a stranger wrote */
	sp_view_cstr(page, "client_id_url", strcmp(a->client.kind, "document") == 0 ? a->client.client_id : NULL);
	sp_page_headers(req, sp_cstr(req->mem, sp_redirect_uri_origin(req->mem, &a->redirect)));
}

/* A known client's fault is in the audit; when the row cannot be written, the log has to do. */
static void
write_down(struct sp_request *req, const struct sp_authorization *a)
{
	const struct sp_problem_info *info = sp_problem_info(req->problem);

	if (a->client.client_id != NULL && info->status < 500)
		(void)!sp_db_do(&req->db, &sp_q_authorize_rejected, SP_PARAMS(SP_P_TEXT(a->client.client_id),
		    SP_P_TEXT(a->resource != NULL ? a->resource->resource : NULL), SP_P_TEXT(info->error),
		    SP_P_TEXT(req->detail), SP_P_STR(sp_request_context(req))), NULL);
}

/*
 * Who made the client chose where this page's link leads: a stranger, if it was
 * not an administrator.  Nobody is sent there without having seen it, or our
 * address would be a way to any other (RFC 9700 section 4.11.2).
 */
static bool
refused_page(struct sp_request *req, const struct sp_authorization *a)
{
	const struct sp_problem_info *info = sp_problem_info(req->problem);
	struct sp_view *page = sp_view_open(req, "refused.html");

	show_client(req, page, a);
	sp_view_cstr(page, "meaning", info->meaning);
	sp_view_cstr(page, "detail", info->status < 500 ? req->detail : NULL);
	sp_view_cstr(page, "error", info->error);
	sp_view_cstr(page, "back", sp_authorization_error_location(req, a));
	if (info->status == 503)
		sp_header(req, "Retry-After", "1");
	return sp_reply_view(req, info->status >= 500 ? info->status : 400, page);
}

/*
 * A request that is refused without anybody having decided.  A fault goes to
 * the client once its redirect URI is proven; before that it is a page.
 */
static bool
fail(struct sp_request *req, const struct sp_authorization *a)
{
	write_down(req, a);
	if (!a->proven)
		return sp_reply_page_error(req);
	/* who asked with prompt=none shows no page: OpenID Connect Core 1.0 section 3.1.2.6 */
	if (strcmp(a->client.kind, "manual") == 0 || req->problem == SP_LOGIN_REQUIRED ||
	    req->problem == SP_CONSENT_REQUIRED)
		return sp_authorization_reply_error(req, a);
	return refused_page(req, a);
}

/* The path of this endpoint. */
static const char *
here(struct sp_request *req)
{
	return sp_printf(req->mem, "%s/authorize", sp_issuer_path(req->settings));
}

/* A request once more, after something has changed. */
static const char *
once_more(struct sp_request *req, struct sp_str query)
{
	return sp_printf(req->mem, "%s?%.*s", here(req), SP_FMT(query));
}

/* ---- pages ---- */

static bool
signin_page(struct sp_request *req, const struct sp_authorization *a, struct sp_str username,
    enum sp_signin outcome)
{
	uint8_t mark[SP_SHA256_LEN];
	struct sp_view *page = sp_view_open(req, "signin.html");

	(void)sp_browser_mark(req, true, mark);
	show_client(req, page, a);
	sp_view_cstr(page, "action", here(req));
	sp_view_text(page, "request", sp_authorization_handle_make(req, SIGNIN_HANDLE, mark, a));
	sp_view_text(page, "username", username);
	sp_view_flag(page, "wrong", outcome == SP_SIGNIN_WRONG);
	sp_view_flag(page, "wait", outcome == SP_SIGNIN_WAIT);
	sp_view_cstr(page, "wait_minutes",
	    sp_printf(req->mem, "%lld", (long long)(req->retry_after + 59) / 60));
	if (outcome == SP_SIGNIN_WAIT)
		sp_header(req, "Retry-After", sp_printf(req->mem, "%lld", (long long)req->retry_after));
	return sp_reply_view(req, outcome == SP_SIGNIN_WAIT ? 429 : 200, page);
}

static const char *
describe(const struct sp_resource *resource, struct sp_str scope)
{
	for (size_t i = 0; i < resource->scopes.count; i++)
		if (sp_str_eq(resource->scopes.token[i], scope))
			return resource->info[i].description;
	return NULL;
}

static bool
consent_page(struct sp_request *req, const struct sp_authorization *a, const struct sp_browser_session *session)
{
	struct sp_view *page = sp_view_open(req, "consent.html"), *item;

	show_client(req, page, a);
	sp_view_cstr(page, "action", here(req));
	sp_view_text(page, "request",
	    sp_authorization_handle_make(req, CONSENT_HANDLE, session->digest, a));
	sp_view_cstr(page, "username", session->username);
	sp_view_cstr(page, "resource", a->resource->resource);
	sp_view_cstr(page, "resource_title", a->resource->title);
	sp_view_text(page, "redirect_uri", a->redirect_uri);
	sp_view_flag(page, "can_remember", a->redirect.kind == SP_REDIRECT_HTTPS);
	sp_view_flag(page, "no_scopes", a->scope.count == 0);
	for (size_t i = 0; i < a->scope.count; i++) {
		item = sp_view_item(page, "scopes");
		sp_view_text(item, "scope", a->scope.token[i]);
		sp_view_cstr(item, "description", describe(a->resource, a->scope.token[i]));
	}
	return sp_reply_view(req, 200, page);
}

/* ---- decisions ---- */

struct approved {
	const char *outcome;
};

static const struct sp_column approved_columns[] = {
	{ "outcome", SP_COL_TEXT, offsetof(struct approved, outcome) },
	{ NULL }
};

/* The grant and its code; then back to the client. */
static bool
approve(struct sp_request *req, const struct sp_authorization *a, const struct sp_browser_session *session,
    const struct sp_authorization_handle *handle, bool remember)
{
	uint8_t digest[SP_SHA256_LEN];
	struct approved row;

	sp_sha256(handle->code, digest);
	if (sp_db_row(&req->db, &sp_q_authorize_approve, SP_PARAMS(
	    SP_P_TEXT(handle->id), SP_P_BYTES(session->digest, SP_SHA256_LEN),
	    SP_P_TEXT(a->client.client_id), SP_P_STR(a->redirect_uri), SP_P_BOOL(a->redirect_uri_sent),
	    SP_P_STR(sp_redirect_uri_host(req->mem, &a->redirect)), SP_P_STR(a->code_challenge),
	    SP_P_TEXT(sp_scope_array(req->mem, &a->scope)), SP_P_TEXT(a->resource->resource),
	    SP_P_BYTES(handle->metadata_sha256, SP_SHA256_LEN), SP_P_BYTES(digest, sizeof(digest)),
	    SP_P_INT(req->settings->code_ttl), SP_P_BOOL(remember), SP_P_STR(sp_request_context(req))),
	    approved_columns, &row) != SP_DB_ROW) {
		(void)sp_fail_db(req);
		return sp_authorization_reply_error(req, a);
	}
	/* repeated: a button was pressed twice, and the browser forgot the first answer */
	if (strcmp(row.outcome, "approved") == 0 || strcmp(row.outcome, "repeated") == 0)
		return sp_authorization_reply_code(req, a, handle->code);
	if (strcmp(row.outcome, "decided") == 0)
		(void)sp_fail(req, SP_FORBIDDEN, "this request was answered before");
	else if (strcmp(row.outcome, "no_session") == 0)
		(void)sp_fail(req, SP_FORBIDDEN, "you are signed out");
	else
		(void)sp_fail(req, SP_FORBIDDEN, "the app has changed what it says of itself");
	return sp_reply_page_error(req);
}

struct denied {
	bool denied;
};

static const struct sp_column denied_columns[] = {
	{ "denied", SP_COL_BOOL, offsetof(struct denied, denied) },
	{ NULL }
};

static bool
deny(struct sp_request *req, const struct sp_authorization *a, const struct sp_browser_session *session,
    const struct sp_authorization_handle *handle)
{
	struct denied row;

	if (sp_db_row(&req->db, &sp_q_authorize_deny, SP_PARAMS(
	    SP_P_TEXT(handle->id), SP_P_BYTES(session->digest, SP_SHA256_LEN),
	    SP_P_TEXT(a->client.client_id), SP_P_TEXT(a->resource->resource),
	    SP_P_STR(sp_request_context(req))), denied_columns, &row) != SP_DB_ROW) {
		(void)sp_fail_db(req);
		return sp_authorization_reply_error(req, a);
	}
	if (!row.denied) {
		(void)sp_fail(req, SP_FORBIDDEN, "this request was answered before");
		return sp_reply_page_error(req);
	}
	(void)sp_fail(req, SP_ACCESS_DENIED, "the person denied the request");
	return sp_authorization_reply_error(req, a);
}

/* ---- the request ---- */

/*
 * A page of ours, or the client's own page, led here, or the person typed it;
 * another site's link may not use a remembered consent, nor may a browser that
 * does not tell.
 */
static bool
came_from_elsewhere(struct sp_request *req, const struct sp_authorization *a)
{
	struct sp_str site = sp_request_header(req, "Sec-Fetch-Site");
	const char *client_id = a->client.client_id;
	struct sp_str origin;

	if (sp_str_is(site, "same-origin") || sp_str_is(site, "none"))
		return false;
	if (site.p == NULL)
		return true;
	/* a metadata document and a redirect URI of one origin: the answer reaches nobody else */
	origin = sp_redirect_uri_origin(req->mem, &a->redirect);
	return strcmp(a->client.kind, "document") != 0 || strncmp(client_id, origin.p, origin.len) != 0 ||
	    client_id[origin.len] != '/';
}

struct covered {
	bool covered;
};

static const struct sp_column covered_columns[] = {
	{ "covered", SP_COL_BOOL, offsetof(struct covered, covered) },
	{ NULL }
};

/*
 * Did this person ask us to remember?  Never for loopback addresses and private
 * schemes: any program on that machine can wait there.
 */
static bool
is_remembered(struct sp_request *req, const struct sp_authorization *a, const struct sp_browser_session *session,
    bool *remembered)
{
	struct covered row = { false };

	*remembered = false;
	if (a->redirect.kind != SP_REDIRECT_HTTPS || a->prompt_consent || came_from_elsewhere(req, a) ||
	    strcmp(req->method, "HEAD") == 0)
		return true;
	if (sp_db_row(&req->db, &sp_q_consent_covers, SP_PARAMS(
	    SP_P_TEXT(session->user_id), SP_P_TEXT(a->client.client_id), SP_P_TEXT(a->resource->resource),
	    SP_P_STR(sp_redirect_uri_host(req->mem, &a->redirect)),
	    SP_P_TEXT(sp_scope_array(req->mem, &a->scope)),
	    SP_P_BYTES(a->client.metadata_sha256, SP_SHA256_LEN)), covered_columns, &row) == SP_DB_FAILED)
		return sp_fail_db(req);
	*remembered = row.covered;
	return true;
}

/* Shows what is needed next: sign-in, consent, or nothing. */
static bool
proceed(struct sp_request *req, struct sp_str query)
{
	struct sp_authorization_handle handle = { .id = NULL };
	struct sp_browser_session session;
	struct sp_authorization a;
	bool signed_in, remembered;

	if (!sp_authorization_read(req, authority(req), query, &a) ||
	    !sp_browser_session_read(req, &session, &signed_in))
		return fail(req, &a);
	if (!signed_in || (a.prompt_login && session.age > JUST_NOW)) {
		if (!a.prompt_none)
			return signin_page(req, &a, (struct sp_str){ 0 }, SP_SIGNIN_OK);
		(void)sp_fail(req, SP_LOGIN_REQUIRED, "nobody is signed in");
		return fail(req, &a);
	}
	if (!is_remembered(req, &a, &session, &remembered))
		return fail(req, &a);
	if (remembered) {
		handle.id = sp_cstr(req->mem, sp_random_uuid(req->mem));
		handle.code = sp_random_token(req->mem);
		memcpy(handle.metadata_sha256, a.client.metadata_sha256, SP_SHA256_LEN);
		return approve(req, &a, &session, &handle, false);
	}
	if (!a.prompt_none)
		return consent_page(req, &a, &session);
	(void)sp_fail(req, SP_CONSENT_REQUIRED, "the person has not consented");
	return fail(req, &a);
}

static bool
authorize_get(struct sp_request *req)
{
	return proceed(req, req->query.p != NULL ? req->query : SP_LIT(""));
}

/* ---- forms of ours ---- */

/* Browsers say where a form was sent from; the handle holds where they do not. */
static bool
check_origin(struct sp_request *req)
{
	struct sp_str site = sp_request_header(req, "Sec-Fetch-Site");
	struct sp_str origin = sp_request_header(req, "Origin");

	if (site.p != NULL && !sp_str_is(site, "same-origin") && !sp_str_is(site, "none"))
		return sp_fail(req, SP_FORBIDDEN, "the form was sent from another site");
	/* "null" is what our own Referrer-Policy makes of our origin */
	if (origin.p != NULL && !sp_str_is(origin, "null") && !sp_origin_is_ours(req, origin))
		return sp_fail(req, SP_FORBIDDEN, "the form was sent from another site");
	return true;
}

/*
 * "Back" and "reload" send the form again: who has just signed in with it is not
 * signed in once more.
 */
static bool
is_signed_in_as(struct sp_request *req, struct sp_str username, bool *yes)
{
	struct sp_browser_session session;

	if (!sp_browser_session_read(req, &session, yes))
		return false;
	*yes = *yes && session.age <= JUST_NOW && sp_str_caseis(username, session.username);
	return true;
}

static bool
signin_post(struct sp_request *req, const struct sp_form *form)
{
	struct sp_str username = sp_form_get(form, "username");
	struct sp_authorization_handle handle;
	struct sp_authorization a;
	uint8_t mark[SP_SHA256_LEN];
	enum sp_signin outcome = SP_SIGNIN_OK;
	bool again;

	if (!sp_browser_mark(req, false, mark)) {
		(void)sp_fail(req, SP_FORBIDDEN, "the browser sent no cookie; this site needs cookies to be allowed");
		return sp_reply_page_error(req);
	}
	if (!sp_authorization_handle_open(req, SIGNIN_HANDLE, mark, sp_form_get(form, "request"), &handle))
		return sp_reply_page_error(req);
	if (!sp_authorization_read(req, authority(req), handle.query, &a))
		return fail(req, &a);
	if (!is_signed_in_as(req, username, &again))
		return sp_reply_page_error(req);
	if (!again)
		outcome = sp_signin_password(req, username, sp_form_get(form, "password"));
	switch (outcome) {
	case SP_SIGNIN_OK:
		return sp_reply_redirect(req, 303, once_more(req, handle.query));
	case SP_SIGNIN_WRONG:
	case SP_SIGNIN_WAIT:
		return signin_page(req, &a, username, outcome);
	case SP_SIGNIN_FAILED:
		break;
	}
	return sp_reply_page_error(req);
}

/* Not you?  Ends the session and asks who it is. */
static bool
switch_account(struct sp_request *req, const struct sp_authorization *a, const struct sp_browser_session *session)
{
	if (!sp_browser_session_end(req, session))
		return sp_reply_page_error(req);
	return sp_reply_redirect(req, 303, once_more(req, a->query));
}

static bool
decision_post(struct sp_request *req, const struct sp_form *form)
{
	struct sp_str decision = sp_form_get(form, "decision");
	struct sp_authorization_handle handle;
	struct sp_browser_session session;
	struct sp_authorization a;
	bool signed_in;

	if (!sp_browser_session_read(req, &session, &signed_in))
		return sp_reply_page_error(req);
	if (!signed_in) {
		(void)sp_fail(req, SP_FORBIDDEN, "you are signed out");
		return sp_reply_page_error(req);
	}
	if (!sp_authorization_handle_open(req, CONSENT_HANDLE, session.digest, sp_form_get(form, "request"), &handle))
		return sp_reply_page_error(req);
	if (!sp_authorization_read(req, authority(req), handle.query, &a))
		return fail(req, &a);
	if (sp_str_is(decision, "allow"))
		return approve(req, &a, &session, &handle,
		    sp_str_is(sp_form_get(form, "remember"), "yes") && a.redirect.kind == SP_REDIRECT_HTTPS);
	if (sp_str_is(decision, "deny"))
		return deny(req, &a, &session, &handle);
	if (sp_str_is(decision, "switch"))
		return switch_account(req, &a, &session);
	(void)sp_fail(req, SP_INVALID_REQUEST, "neither allowed nor denied");
	return sp_reply_page_error(req);
}

/* Our own forms carry `request` and no client_id; anything else is an authorization request by POST. */
static bool
authorize_post(struct sp_request *req)
{
	struct sp_form form;
	const char *why;

	if (!sp_str_is(req->content_type, "application/x-www-form-urlencoded")) {
		(void)sp_fail(req, SP_UNSUPPORTED_MEDIA_TYPE, "not a form");
		return sp_reply_page_error(req);
	}
	if (!sp_form_parse(req->mem, req->body, &form, &why) || sp_form_get(&form, "client_id").p != NULL ||
	    sp_form_get(&form, "request").p == NULL)
		return proceed(req, req->body);
	if (form.repeated.p != NULL) {
		(void)sp_fail(req, SP_INVALID_REQUEST, "a field came twice");
		return sp_reply_page_error(req);
	}
	if (!check_origin(req))
		return sp_reply_page_error(req);
	return sp_form_get(&form, "decision").p != NULL ? decision_post(req, &form) : signin_post(req, &form);
}

static const struct sp_route routes[] = {
	{ "GET", "/authorize", authorize_get, .on_error = sp_reply_page_error },
	{ "POST", "/authorize", authorize_post, .on_error = sp_reply_page_error },
	{ NULL }
};

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
		.name = "authorize", .summary = "sign-in, consent and the authorization response",
		.routes = routes, .needs = SP_NEED_DB | SP_NEED_KEYRING | SP_NEED_TEMPLATES,
		.start = sp_authority_program_start, .stop = sp_authority_program_stop });
}
