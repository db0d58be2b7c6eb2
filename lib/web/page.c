/* page.c - headers of pages, and the page for errors */
#include "web/page.h"
#include "web/response.h"
#include "web/worker.h"

/* "https://cdn.example.com" when static_url names another host; absent otherwise. */
static struct sp_str
foreign_origin(struct sp_str url)
{
	size_t end = sp_str_starts(url, "https://") ? 8 : sp_str_starts(url, "http://") ? 7 : 0;

	if (end == 0)
		return (struct sp_str){ NULL, 0 };
	while (end < url.len && url.p[end] != '/')
		end++;
	return sp_str_sub(url, 0, end);
}

void
sp_page_headers(struct sp_request *req, const char *extra_form_action)
{
	struct sp_str cdn = foreign_origin(sp_str(req->settings->static_url));

	sp_header(req, "Content-Security-Policy", sp_printf(req->mem,
	    "default-src 'none'; style-src 'self'%s%.*s; img-src 'self' data: https:; "
	    "form-action 'self'%s%s; base-uri 'none'; frame-ancestors 'none'",
	    cdn.len > 0 ? " " : "", SP_FMT(cdn), extra_form_action != NULL ? " " : "",
	    extra_form_action != NULL ? extra_form_action : ""));
	sp_header(req, "X-Frame-Options", "DENY");	/* browsers before CSP level 2 */
	sp_header(req, "Referrer-Policy", "no-referrer");
	sp_header(req, "Cross-Origin-Opener-Policy", "same-origin");
	sp_header(req, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

struct advice {
	const char *title, *advice;
};

/* What the person who sees the page can do about it. */
static struct advice
advice_for(enum sp_problem problem, int status)
{
	if (status == 503 || status == 429)
		return (struct advice){ "Not available at the moment",
		    "Wait a moment, then reload this page." };
	if (status >= 500)
		return (struct advice){ "Something went wrong here",
		    "Try again later. If it stays like this, tell the administrator what stands below." };
	if (status == 404)
		return (struct advice){ "There is no such page",
		    "Check the address, or go back to where you came from." };
	if (problem == SP_INVALID_TOKEN || problem == SP_INSUFFICIENT_SCOPE)
		return (struct advice){ "An access token is needed",
		    "Programs send one with each request to this address, in the header Authorization." };
	if (problem == SP_INVALID_CLIENT)
		return (struct advice){ "This app is not known here",
		    "Remove this server from the app's settings, add it again, and connect." };
	return (struct advice){ "This request cannot be answered",
	    "Go back to the app and connect again. If that does not help, tell the people who make "
	    "the app what stands below." };
}

bool
sp_reply_page_error(struct sp_request *req)
{
	const struct sp_problem_info *info;
	struct advice advice;
	struct sp_view *v;

	if (req->process->templates == NULL)
		return sp_reply_oauth_error(req);
	if (req->problem == SP_OK)
		sp_fail(req, SP_SERVER_ERROR, "a handler failed without saying why");
	info = sp_problem_info(req->problem);
	if (info->status == 503 || info->status == 429)
		sp_header(req, "Retry-After", sp_printf(req->mem, "%lld",
		    (long long)(req->retry_after > 0 ? req->retry_after : 1)));
	v = sp_view_open(req, "error.html");
	advice = advice_for(req->problem, info->status);
	sp_view_cstr(v, "title", advice.title);
	sp_view_cstr(v, "meaning", info->meaning);
	sp_view_cstr(v, "advice", advice.advice);
	/* of a fault of ours, and of a token, the log tells more than a stranger should read */
	sp_view_cstr(v, "detail", info->status < 500 && req->problem != SP_INVALID_TOKEN ? req->detail : NULL);
	sp_view_cstr(v, "error", info->error);
	/* A page does not ask for a client's password: browsers would open a dialog, or show nothing. */
	return sp_reply_view(req, req->problem == SP_INVALID_CLIENT ? 400 : info->status, v);
}
