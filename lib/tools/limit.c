/* limit.c - how often a tool may be called, and how often at once */
#include "tools/limit.h"

#include "base/encode.h"
#include "base/secret.h"
#include "tools/policy.h"

#define ID_MAX		128		/* bytes of a client_id in a key: an index takes 2,700, a URL may have more */
#define LEASE_SLACK_MS	30000		/* of a slot, beyond the time that its call may take */
#define RETRY_META	"sallyport/retryAfterMs"

/* ---- who is counted ---- */

static const char *
client_key(struct sp_arena *mem, const char *client_id)
{
	uint8_t sha256[SP_SHA256_LEN];

	if (client_id == NULL || strlen(client_id) <= ID_MAX)
		return sp_printf(mem, "client:%s", client_id != NULL ? client_id : "");
	sp_sha256(sp_str(client_id), sha256);
	return sp_printf(mem, "client:%s", sp_hex_encode(mem, sha256, sizeof(sha256)).p);
}

static const char *
principal_key(struct sp_arena *mem, const struct sp_caller *caller)
{
	return caller->user_id != NULL ? sp_printf(mem, "user:%s", caller->user_id) : client_key(mem, caller->client_id);
}

/* ---- what holds ---- */

/* The operator's word in the place of the tool's; "unlimited" leaves none. */
static struct sp_rates
rates_of(const struct sp_tool_call *call, bool of_user)
{
	const struct sp_tool_options *o = call->tool->options;
	const char *override = sp_policy_rate(call->tool, call->caller, of_user);
	struct sp_rates rates = { .count = 0 };

	if (override != NULL)
		return sp_rates_parse(sp_str(override), &rates) ? rates : (struct sp_rates){ .count = 0 };
	return o == NULL ? rates : of_user ? o->per_user : o->per_client;
}

static struct sp_rates
tier_rates_of(const struct sp_tool_call *call)
{
	const char *text = sp_policy_tier_rate(call->tool, call->caller);
	struct sp_rates rates = { .count = 0 };

	return text != NULL && sp_rates_parse(sp_str(text), &rates) ? rates : (struct sp_rates){ .count = 0 };
}

bool
sp_limit_is_set(const struct sp_tool *tool)
{
	const struct sp_tool_options *o = tool->options;

	return (tool->content == NULL && sp_policy_has_rates(tool)) ||
	    (o != NULL && (o->per_user.count > 0 || o->per_client.count > 0 || o->per_tool.count > 0 || o->concurrent > 0));
}

/* ---- what is said ---- */

static const char *
in_words(struct sp_arena *mem, int64_t retry_ms)
{
	int64_t seconds = (retry_ms + 999) / 1000;

	return seconds < 120 ? sp_printf(mem, "%lld s", (long long)seconds) :
	    seconds < 7200 ? sp_printf(mem, "%lld min", (long long)((seconds + 59) / 60)) :
	    sp_printf(mem, "%lld h", (long long)((seconds + 3599) / 3600));
}

static void
tell(const struct sp_tool_call *call, const char *limit, int64_t retry_ms, struct sp_tool_result *out)
{
	struct sp_arena *mem = call->req->mem;
	struct json_object *whole = sp_json_new(mem), *meta = sp_json_new(mem), *block = sp_json_new(mem);
	struct json_object *content = json_object_new_array();

	sp_json_set_str(block, "type", SP_LIT("text"));
	sp_json_set_str(block, "text", sp_str(sp_printf(mem, "%s: try again in %s", limit, in_words(mem, retry_ms))));
	if (content == NULL || json_object_array_add(content, json_object_get(block)) != 0 ||
	    json_object_object_add(meta, RETRY_META, json_object_new_int64(retry_ms)) != 0 ||
	    json_object_object_add(whole, "content", content) != 0 ||
	    json_object_object_add(whole, "_meta", json_object_get(meta)) != 0)
		sp_out_of_memory();
	*out = (struct sp_tool_result){ .is_error = true, .told = SP_TOLD_LIMIT, .retry_ms = retry_ms, .whole = whole,
		.text = sp_json_get_str(block, "text") };
}

static const char *
rate_text(struct sp_arena *mem, const char *of, const struct sp_rate *rate)
{
	return sp_printf(mem, "%s may be called %lld times in %s%s", of, (long long)rate->limit,
	    in_words(mem, rate->window_seconds * 1000), ", which are used up");
}

/* ---- a call ---- */

/* Whose calls, of what; words: the same for the model. */
static enum sp_quota
take_rates(const struct sp_tool_call *call, const struct sp_rates *rates, const char *who, const char *what,
    const char *words, struct sp_limits *held, struct sp_tool_result *out, const char **why)
{
	struct sp_arena *mem = call->req->mem;
	int64_t retry_ms;

	for (size_t i = 0; i < rates->count; i++) {
		struct sp_str key = sp_str(sp_printf(mem, "%s %s", who, what));
		enum sp_quota taken = sp_quota_take(call->req, key, &rates->item[i], &retry_ms);

		if (taken == SP_QUOTA_EXHAUSTED) {
			*why = sp_printf(mem, "%lld in %lld s of %s", (long long)rates->item[i].limit,
			    (long long)rates->item[i].window_seconds, who);
			tell(call, rate_text(mem, words, &rates->item[i]), retry_ms, out);
		}
		if (taken != SP_QUOTA_TAKEN)
			return taken;
		held->taken[held->count].key = key;
		held->taken[held->count++].rate = rates->item[i];
	}
	return SP_QUOTA_TAKEN;
}

static enum sp_quota
take_slot(const struct sp_tool_call *call, struct sp_limits *held, struct sp_tool_result *out, const char **why)
{
	struct sp_arena *mem = call->req->mem;
	int64_t limit = call->tool->options != NULL ? call->tool->options->concurrent : 0, retry_ms;
	enum sp_quota taken;

	if (limit == 0)
		return SP_QUOTA_TAKEN;
	taken = sp_slot_take(call->req, sp_str(sp_printf(mem, "tool:%lld", (long long)call->tool->tool_id)), limit,
	    sp_tool_timeout_ms(call) + LEASE_SLACK_MS, &held->slot, &retry_ms);
	if (taken == SP_QUOTA_EXHAUSTED) {
		*why = sp_printf(mem, "%lld at once", (long long)limit);
		tell(call, sp_printf(mem, "%lld calls of this tool run already", (long long)limit), retry_ms, out);
	}
	return taken;
}

enum sp_quota
sp_limit_enter(const struct sp_tool_call *call, struct sp_limits *held, struct sp_tool_result *out, const char **why)
{
	const struct sp_tool_options *o = call->tool->options;
	struct sp_arena *mem = call->req->mem;
	const char *principal = principal_key(mem, call->caller), *tier = call->tool->tier;
	const char *tool = sp_printf(mem, "tool:%lld", (long long)call->tool->tool_id);
	const struct {
		struct sp_rates rates;
		const char *who, *what, *words;
	} counters[] = {
		{ rates_of(call, true), principal, tool, "by one user this tool" },
		{ rates_of(call, false), sp_printf(mem, "of %s", client_key(mem, call->caller->client_id)), tool,
		    "by one client this tool" },
		{ tier_rates_of(call), principal, sp_printf(mem, "tier:%s", tier),
		    sp_printf(mem, "by one user tools of tier %s", tier) },
		{ o != NULL ? o->per_tool : (struct sp_rates){ .count = 0 }, "all", tool, "this tool" },
	};
	enum sp_quota taken = SP_QUOTA_TAKEN;

	_Static_assert(sizeof(counters) / sizeof(counters[0]) * SP_RATES_MAX == sizeof(held->taken) / sizeof(held->taken[0]),
	    "there is room for what each counter takes");
	*held = (struct sp_limits){ .count = 0 };
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]) && taken == SP_QUOTA_TAKEN; i++)
		taken = take_rates(call, &counters[i].rates, counters[i].who, counters[i].what, counters[i].words, held, out, why);
	if (taken == SP_QUOTA_TAKEN)
		taken = take_slot(call, held, out, why);
	if (taken != SP_QUOTA_TAKEN)
		sp_limit_leave(call, held, false);
	return taken;
}

void
sp_limit_leave(const struct sp_tool_call *call, struct sp_limits *held, bool counts)
{
	for (size_t i = 0; !counts && i < held->count; i++)
		sp_quota_give_back(call->req, held->taken[i].key, &held->taken[i].rate);
	sp_slot_release(call->req, &held->slot);
}

/* ---- requests ---- */

bool
sp_limit_requests(struct sp_request *req, const struct sp_caller *caller, const char *what, int64_t per_minute)
{
	struct sp_rate rate = { per_minute, 60 };
	int64_t retry_ms;

	if (per_minute == 0)
		return true;
	switch (sp_quota_take(req, sp_str(sp_printf(req->mem, "%s %s %s", what, principal_key(req->mem, caller),
	    client_key(req->mem, caller->client_id))), &rate, &retry_ms)) {
	case SP_QUOTA_TAKEN:
		return true;
	case SP_QUOTA_EXHAUSTED:
		req->retry_after = (retry_ms + 999) / 1000;
		return sp_fail(req, SP_SLOW_DOWN, "too many %s in a minute", what);
	case SP_QUOTA_FAILED:
		break;
	}
	return sp_fail_db(req);
}
