/* exec_tool.c - tools of kind "executable": a program of this host */
#include "tools/exec_tool.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include "base/clock.h"
#include "base/log.h"
#include "tools/blanks.h"
#include "tools/child.h"
#include "tools/credential.h"
#include "tools/defaults.h"
#include "tools/exec_argv.h"
#include "tools/reference.h"
#include "tools/spec.h"
#include "web/stream.h"

#define ERROR_MAX	2048		/* bytes of standard error that are kept */
#define DAY_MS		86400000

#define CREDENTIAL	"${credential}"

struct variable {
	const char *name;
	struct sp_str value;		/* with references */
	bool credential;		/* or the secret of the spec's credential */
};

struct outcome {
	bool ok;
	const char *text;		/* of an error */
};

struct spec {
	const struct sp_argv_spec *argv;
	enum input { INPUT_NONE, INPUT_JSON, INPUT_TEXT } input;
	struct sp_pattern text;		/* INPUT_TEXT */
	enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_LINES } output;
	const struct sp_credential *credential;	/* NULL: none */
	const struct variable *variables;
	size_t variable_count;
	const char *directory;
	struct sp_child_limits limits;
	int64_t output_max;		/* 0: max_bytes of the tool */
	const struct outcome *outcomes;	/* by exit status, 256 of them; NULL: none is special */
	bool seccomp, progress;
	struct sp_defaults defaults;	/* of the input schema */
	int64_t concurrency;		/* 0: any number */
	atomic_int *running;
};

/* ---- the spec ---- */

static const char *const outputs[] = { [OUTPUT_TEXT] = "text", [OUTPUT_JSON] = "json", [OUTPUT_LINES] = "lines" };

static bool
read_streams(struct sp_arena *mem, struct json_object *json, struct spec *spec, const char **why)
{
	const char *input = "none", *output = "text";
	size_t i = 0;

	if (!sp_spec_text(mem, json, "stdin", &input, why) || !sp_spec_text(mem, json, "output", &output, why))
		return false;
	spec->input = strcmp(input, "none") == 0 ? INPUT_NONE : strcmp(input, "json") == 0 ? INPUT_JSON : INPUT_TEXT;
	if (spec->input == INPUT_TEXT && !sp_pattern_parse(mem, sp_str(input), &spec->text, why))
		return sp_spec_at(mem, "stdin", why);
	*why = "stdin: has to be none, json, or a text with blanks";
	if (spec->input == INPUT_TEXT && sp_pattern_is_fixed(&spec->text))
		return false;
	while (i < sizeof(outputs) / sizeof(outputs[0]) && strcmp(output, outputs[i]) != 0)
		i++;
	spec->output = (enum output)i;
	*why = "output: has to be text, json or lines";
	return i < sizeof(outputs) / sizeof(outputs[0]);
}

static bool
is_variable(struct sp_str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] != '_' && !sp_is_alnum((unsigned char)name.p[i]))
			return false;
	return name.len > 0 && !sp_is_digit((unsigned char)name.p[0]);
}

/* False: *why. */
static bool
read_variable(struct sp_arena *mem, const char *name, struct json_object *value, const struct spec *spec,
    struct variable *out, const char **why)
{
	*why = "has to be a name and its text";
	if (!is_variable(sp_str(name)) || !json_object_is_type(value, json_type_string))
		return false;
	*out = (struct variable){ sp_strdup(mem, name), sp_str_dup(mem, sp_json_text(value)),
		sp_str_is(sp_json_text(value), CREDENTIAL) };
	*why = CREDENTIAL " is the secret of the member \"credential\", which is not there";
	return out->credential ? spec->credential != NULL : sp_reference_check(out->value, why);
}

static bool
read_environment(struct sp_arena *mem, struct json_object *json, struct spec *spec, const char **why)
{
	struct variable *v;
	bool used = false;

	if (json != NULL) {
		v = sp_alloc_array(mem, (size_t)json_object_object_length(json), sizeof(*v));
		spec->variables = v;
		json_object_object_foreach(json, name, value) {
			if (!read_variable(mem, name, value, spec, &v[spec->variable_count], why))
				return sp_spec_at(mem, sp_printf(mem, "environment.%s", name), why);
			used = v[spec->variable_count++].credential || used;
		}
	}
	*why = "credential: no variable of the environment is " CREDENTIAL;
	return used || spec->credential == NULL;
}

static bool
read_limits(struct sp_arena *mem, struct json_object *json, struct spec *spec, const char **why)
{
	struct sp_child_limits *l = &spec->limits;
	int64_t cpu_ms = 0;

	if (json == NULL)
		return true;
	if (!sp_spec_only(mem, json, "cpu memory file output processes files", why) ||
	    !sp_spec_duration(mem, json, "cpu", 1000, DAY_MS, &cpu_ms, why) ||
	    !sp_spec_size(mem, json, "memory", (int64_t)1 << 50, &l->memory_bytes, why) ||
	    !sp_spec_size(mem, json, "file", (int64_t)1 << 50, &l->file_bytes, why) ||
	    !sp_spec_size(mem, json, "output", (int64_t)1 << 30, &spec->output_max, why) ||
	    !sp_spec_integer(mem, json, "processes", 1, 100000, &l->processes, why) ||
	    !sp_spec_integer(mem, json, "files", 4, 1000000, &l->files, why))
		return sp_spec_at(mem, "limits", why);
	l->cpu_s = (cpu_ms + 999) / 1000;
	return true;
}

static bool
read_outcomes(struct sp_arena *mem, struct json_object *json, struct spec *spec, const char **why)
{
	struct outcome *outcomes;
	int64_t status;

	if (json == NULL)
		return true;
	outcomes = sp_alloc_array(mem, 256, sizeof(*outcomes));
	outcomes[0].ok = true;
	json_object_object_foreach(json, name, value) {
		*why = "has to be an exit status from 0 to 255, and \"ok\" or what is wrong then";
		if (!sp_str_int64(sp_str(name), 0, 255, &status) || !json_object_is_type(value, json_type_string))
			return sp_spec_at(mem, sp_printf(mem, "exit.%s", name), why);
		outcomes[status].ok = sp_str_is(sp_json_text(value), "ok");
		outcomes[status].text = outcomes[status].ok ? NULL : sp_cstr(mem, sp_json_text(value));
	}
	spec->outcomes = outcomes;
	return true;
}

static bool
read_rest(struct sp_arena *mem, struct json_object *json, struct spec *spec, const char **why)
{
	const char *seccomp = NULL;

	if (!sp_spec_text(mem, json, "directory", &spec->directory, why) ||
	    !sp_spec_text(mem, json, "seccomp", &seccomp, why) ||
	    !sp_spec_bool(mem, json, "progress", &spec->progress, why) ||
	    !sp_spec_integer(mem, json, "concurrency", 1, 10000, &spec->concurrency, why))
		return false;
	*why = "directory: has to be an absolute path";
	if (spec->directory != NULL && spec->directory[0] != '/')
		return false;
	*why = "seccomp: there is \"basic\"";
	spec->seccomp = seccomp != NULL;
	spec->running = sp_alloc(mem, sizeof(*spec->running));
	return seccomp == NULL || strcmp(seccomp, "basic") == 0;
}

static bool
load(struct sp_arena *mem, struct json_object *json, const void **out, const char **why)
{
	struct spec *spec = sp_alloc(mem, sizeof(*spec));
	struct json_object *environment, *limits, *outcomes;

	if (!sp_spec_only(mem, json, "command paths dashes stdin output environment directory limits exit seccomp "
	    "concurrency progress credential", why) || !sp_argv_load(mem, json, &spec->argv, why) ||
	    !sp_spec_object(mem, json, "environment", &environment, why) ||
	    !sp_spec_object(mem, json, "limits", &limits, why) || !sp_spec_object(mem, json, "exit", &outcomes, why) ||
	    (!sp_credential_load(mem, sp_json_get(json, "credential"), &spec->credential, why) &&
	    !sp_spec_at(mem, "credential", why)) ||
	    !read_streams(mem, json, spec, why) || !read_environment(mem, environment, spec, why) ||
	    !read_limits(mem, limits, spec, why) || !read_outcomes(mem, outcomes, spec, why) ||
	    !read_rest(mem, json, spec, why))
		return false;
	*out = spec;
	return true;
}

/* The spec with the defaults of the tool's arguments. */
static bool
fit(struct sp_arena *mem, const struct sp_tool_frame *frame, const void **spec, const char **why)
{
	const struct spec *loaded = *spec;
	struct spec *fitting = sp_alloc(mem, sizeof(*fitting));

	(void)why;
	*fitting = *loaded;
	sp_defaults_read(mem, frame->input, &fitting->defaults);
	*spec = fitting;
	return true;
}

/* ---- what it gets ---- */

struct secrets {
	struct sp_str *item;
	size_t count;
};

static bool
has_variable(const struct spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->variable_count; i++)
		if (strcmp(spec->variables[i].name, name) == 0)
			return true;
	return false;
}

/* False: a reference leads nowhere, and *why says which. */
static bool
make_environment(const struct sp_tool_call *call, const struct spec *spec, const char *const **out,
    struct secrets *secrets, const char **why)
{
	struct sp_arena *mem = call->req->mem;
	const char **envp = sp_alloc_array(mem, spec->variable_count + 3, sizeof(*envp));
	struct sp_str value;
	size_t n = 0;

	secrets->item = sp_alloc_array(mem, spec->variable_count, sizeof(*secrets->item));
	if (!has_variable(spec, "PATH"))
		envp[n++] = "PATH=/usr/local/bin:/usr/bin:/bin";
	if (!has_variable(spec, "LANG"))
		envp[n++] = "LANG=C.UTF-8";
	for (size_t i = 0; i < spec->variable_count; i++) {
		const struct variable *v = &spec->variables[i];

		if (!(v->credential ? sp_credential_secret(call->req, spec->credential, &value, why) :
		    sp_reference_resolve(mem, call->req->settings, v->value, &value, why)))
			return false;
		if (sp_str_index(value, '\0') >= 0) {
			*why = sp_printf(mem, "the value of %s has a NUL", v->name);
			return false;
		}
		if (v->credential || sp_reference_is_in(v->value))
			secrets->item[secrets->count++] = value;
		envp[n++] = sp_printf(mem, "%s=%.*s", v->name, SP_FMT(value));
	}
	*out = envp;
	return true;
}

static enum sp_argv_made
make_input(struct sp_arena *mem, const struct spec *spec, struct json_object *arguments, struct sp_str *out,
    const char **why)
{
	struct sp_given given = { .arguments = arguments };
	struct sp_json_writer w;
	struct sp_buf b;

	*out = (struct sp_str){ NULL, 0 };
	if (spec->input == INPUT_TEXT)
		return sp_pattern_text(mem, &spec->text, &given, out, why) == SP_FILLED_WRONG ? SP_ARGV_WRONG : SP_ARGV_MADE;
	if (spec->input == INPUT_JSON) {
		sp_buf_init(&b, mem, SP_JSON_MAX_TREE);
		sp_jw_init(&w, &b);
		sp_jw_value(&w, arguments);
		sp_buf_char(&b, '\n');
		*out = sp_buf_view(&b);
	}
	return SP_ARGV_MADE;
}

/* ---- what it says ---- */

struct sp_str
sp_exec_text(struct sp_arena *mem, struct sp_str bytes)
{
	struct sp_buf b;

	if (sp_utf8_valid(bytes) && sp_str_index(bytes, '\0') < 0)
		return bytes;
	sp_buf_init(&b, mem, bytes.len * 3 + 1);
	while (bytes.len > 0) {
		size_t n = bytes.p[0] == '\0' ? 0 : sp_utf8_len(bytes);

		if (n > 0)
			sp_buf_add(&b, bytes.p, n);
		else
			sp_buf_cstr(&b, "\xef\xbf\xbd");
		bytes = sp_str_sub(bytes, n > 0 ? n : 1, bytes.len);
	}
	return sp_buf_view(&b);
}

/* Length of an escape sequence at the front: ECMA-48 5.4, and the shorter ones of two bytes. */
static size_t
escape_len(struct sp_str s)
{
	size_t n = 2;

	if (s.len < 2 || s.p[1] != '[')
		return s.len < 2 ? s.len : n;
	while (n < s.len && (s.p[n] < 0x40 || s.p[n] > 0x7e))
		n++;
	return n < s.len ? n + 1 : n;
}

struct sp_str
sp_exec_clean(struct sp_arena *mem, struct sp_str bytes)
{
	char *out = sp_alloc(mem, bytes.len + 1);
	size_t n = 0;

	while (bytes.len > 0) {
		char c = bytes.p[0];

		if (c == '\n' || c == '\t' || (unsigned char)c >= 0x20)
			out[n] = c, n += c != 0x7f;
		bytes = sp_str_sub(bytes, c == '\033' ? escape_len(bytes) : 1, bytes.len);
	}
	return sp_str_trim(sp_exec_text(mem, (struct sp_str){ out, n }), " \t\n");
}

static bool
json_output(const struct sp_tool_call *call, struct sp_str out, struct sp_tool_result *result)
{
	struct sp_arena *mem = call->req->mem;
	struct json_object *value;
	struct sp_json_writer w;
	const char *why;
	struct sp_buf b;

	if (!sp_json_parse(mem, sp_str_trim(out, " \t\r\n"), &value, &why)) {
		sp_log(SP_ERROR, "the output of a program is no JSON", SP_L("request", call->req->id),
		    SP_L("tool", call->tool->name), SP_L("detail", why));
		return false;
	}
	sp_buf_init(&b, mem, out.len * 6 + 64);
	sp_jw_init(&w, &b);
	if (json_object_is_type(value, json_type_object)) {
		sp_jw_value(&w, value);
	} else {
		sp_jw_object(&w);	/* structured content is an object */
		sp_jw_key(&w, "result");
		sp_jw_value(&w, value);
		sp_jw_object_end(&w);
	}
	result->json = sp_buf_view(&b);
	return true;
}

static void
lines_output(struct sp_arena *mem, struct sp_str out, struct sp_tool_result *result)
{
	struct sp_str rest = sp_exec_text(mem, out), line;
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, rest.len * 8 + 64);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_key(&w, "lines");
	sp_jw_array(&w);
	while (sp_str_split(&rest, '\n', &line))
		sp_jw_str(&w, sp_str_ends(line, "\r") ? sp_str_sub(line, 0, line.len - 1) : line);
	sp_jw_array_end(&w);
	sp_jw_object_end(&w);
	result->json = sp_buf_view(&b);
}

/* ---- the call ---- */

struct run {
	const struct sp_tool_call *call;
	const struct spec *spec;
	struct secrets secrets;
	struct sp_child child;
	struct sp_child_result result;
};

/* Programs like to say with what they work, and more so when they fail; in place. */
static void
hide_secrets(const struct run *run, struct sp_str text)
{
	for (size_t i = 0; text.len > 0 && i < run->secrets.count; i++)
		sp_secrets_hide(&(struct sp_secrets){ { run->secrets.item[i] }, 1 }, (char *)(uintptr_t)text.p, text.len);
}

/* A client's connection, or of a task who runs it. */
static bool
is_gone(void *arg)
{
	const struct run *run = arg;
	struct sp_request *req = run->call->req;

	return sp_client_gone(req) || (req->db.watch != NULL && req->db.watch->gone(req->db.watch->arg));
}

/* {"progress": 1, "total": 3, "message": "..."}: what is not that is kept as any other line. */
static bool
take_progress(void *arg, struct sp_str line)
{
	const struct run *run = arg;
	const struct sp_exchange *exchange = run->call->exchange;
	struct sp_progress p = { 0 };
	struct json_object *json, *number;
	struct sp_arena *mem;
	const char *why;
	bool is_one;

	if (!sp_str_starts(line, "{"))
		return false;
	mem = sp_arena_new();		/* a program may say it a million times */
	is_one = sp_json_parse(mem, line, &json, &why) && (number = sp_json_get(json, "progress")) != NULL &&
	    (json_object_is_type(number, json_type_int) || json_object_is_type(number, json_type_double));
	if (is_one && exchange != NULL && exchange->progress != NULL) {
		p.progress = json_object_get_double(number);
		number = sp_json_get(json, "total");
		p.has_total = json_object_is_type(number, json_type_int) || json_object_is_type(number, json_type_double);
		p.total = p.has_total ? json_object_get_double(number) : 0;
		p.message = sp_str_dup(mem, sp_json_get_str(json, "message"));
		hide_secrets(run, p.message);
		if (isfinite(p.progress) && isfinite(p.total))
			exchange->progress(exchange->arg, &p);
	}
	sp_arena_free(mem);
	return is_one;
}

static void
error_text(struct sp_tool_result *out, const char *text)
{
	*out = (struct sp_tool_result){ .is_error = true, .raised = true, .text = sp_str(text) };
}

static void
exited(const struct run *run, int status, struct sp_tool_result *out)
{
	struct sp_arena *mem = run->call->req->mem;
	struct sp_str said = sp_exec_clean(mem, run->result.err);
	const char *text = run->spec->outcomes != NULL ? run->spec->outcomes[status].text : NULL;

	if (text == NULL)
		text = said.len > 0 ? sp_cstr(mem, said) : sp_printf(mem, "the program ended with status %d", status);
	error_text(out, text);
}

static void
signalled(const struct run *run, int sig, struct sp_tool_result *out)
{
	struct sp_arena *mem = run->call->req->mem;
	const struct sp_child_limits *l = &run->spec->limits;
	const char *name = sigabbrev_np(sig);

	if (sig == SIGXCPU || (sig == SIGKILL && l->cpu_s > 0))
		error_text(out, sp_printf(mem, "the tool used more than %lld s of processor time and was stopped",
		    (long long)l->cpu_s));
	else if (sig == SIGXFSZ)
		error_text(out, "the tool wrote a file that is too large, and was stopped");
	else
		error_text(out, sp_printf(mem, "the program was ended by signal %s", name != NULL ? name : "of a number"));
}

static void
not_started(const struct run *run, struct sp_tool_result *out)
{
	const struct sp_child *c = &run->child;

	if (c->status == E2BIG) {
		error_text(out, "the arguments are too long for a command line");
		return;
	}
	sp_log(SP_ERROR, "a program could not be started", SP_L("request", run->call->req->id),
	    SP_L("tool", run->call->tool->name), SP_L("step", c->step), SP_L("error", strerrorname_np(c->status)));
	sp_tool_trouble(run->call, out);
}

static void
succeeded(const struct run *run, struct sp_tool_result *out)
{
	*out = (struct sp_tool_result){ 0 };
	switch (run->spec->output) {
	case OUTPUT_TEXT:
		out->text = sp_exec_text(run->call->req->mem, run->result.out);
		if (out->text.p == NULL)
			out->text = SP_LIT("");
		break;
	case OUTPUT_LINES:
		lines_output(run->call->req->mem, run->result.out, out);
		break;
	case OUTPUT_JSON:
		if (!json_output(run->call, run->result.out, out))
			sp_tool_trouble(run->call, out);
		break;
	}
}

static bool
is_ok(const struct spec *spec, int status)
{
	return spec->outcomes != NULL ? spec->outcomes[status].ok : status == 0;
}

static void
judge_end(const struct run *run, struct sp_tool_result *out)
{
	const struct sp_child *c = &run->child;

	switch (c->how) {
	case SP_CHILD_EXITED:
		if (is_ok(run->spec, c->status & 0xff))
			succeeded(run, out);
		else
			exited(run, c->status & 0xff, out);
		break;
	case SP_CHILD_SIGNALLED:
		signalled(run, c->status, out);
		break;
	case SP_CHILD_NOT_STARTED:
		not_started(run, out);
		break;
	case SP_CHILD_RUNS:
	case SP_CHILD_ENDED:
		sp_log(SP_ERROR, "a program's supervisor was killed", SP_L("request", run->call->req->id),
		    SP_L("tool", run->call->tool->name));
		sp_tool_trouble(run->call, out);
		break;
	}
}

static enum sp_tool_outcome
conclude(const struct run *run, struct sp_tool_result *out)
{
	const struct sp_tool_call *call = run->call;
	struct sp_arena *mem = call->req->mem;

	switch (run->result.how) {
	case SP_RAN:
		judge_end(run, out);
		break;
	case SP_RAN_TOO_LONG:
		error_text(out, sp_printf(mem, "the tool took longer than %.3g s and was stopped",
		    (double)sp_tool_timeout_ms(call) / 1000));
		break;
	case SP_RAN_TOO_MUCH:
		error_text(out, sp_printf(mem, "the tool said more than the %zu bytes that are allowed, and was stopped: "
		    "ask for less", run->result.out.len));
		break;
	case SP_RAN_IN_VAIN:
		call->req->db.watch = NULL;	/* it has done its work, and would stop what comes now */
		return sp_tool_cancelled(call);
	}
	return sp_tool_finish(call, NULL, out);
}

static enum sp_tool_outcome
trouble(const struct sp_tool_call *call, const char *why, struct sp_tool_result *out)
{
	sp_log(SP_ERROR, "a program could not be started", SP_L("request", call->req->id), SP_L("tool", call->tool->name),
	    SP_L("detail", why));
	sp_tool_trouble(call, out);
	return sp_tool_finish(call, NULL, out);
}

/* What the call's arguments do not allow is told to the model. */
static enum sp_tool_outcome
not_made(const struct sp_tool_call *call, enum sp_argv_made made, const char *why, struct sp_tool_result *out)
{
	if (made == SP_ARGV_TROUBLE)
		return trouble(call, why, out);
	error_text(out, why);
	return sp_tool_finish(call, "arguments do not fit the command", out);
}

static enum sp_tool_outcome
run_program(struct run *run, const struct sp_child_start *start, struct sp_str input, struct sp_tool_result *out)
{
	const struct sp_tool_call *call = run->call;
	const struct spec *spec = run->spec;
	struct sp_arena *mem = call->req->mem;
	struct sp_child_io io = {
		.in = input, .out_max = (size_t)(spec->output_max > 0 ? spec->output_max : call->tool->max_bytes),
		.err_max = ERROR_MAX, .deadline = sp_tool_deadline_ms(call), .gone = is_gone,
		.line = spec->progress ? take_progress : NULL, .arg = run };
	const char *why;

	sp_db_end(&call->req->db);
	if (!sp_child_start(mem, call->req->settings, start, &run->child, &why))
		return trouble(call, why, out);
	sp_child_run(mem, &run->child, &io, &run->result);
	hide_secrets(run, run->result.out);
	hide_secrets(run, run->result.err);
	return conclude(run, out);
}

static enum sp_tool_outcome
prepare_and_run(struct run *run, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct sp_tool_call *call = run->call;
	const struct spec *spec = run->spec;
	struct sp_arena *mem = call->req->mem;
	struct sp_child_start start = { .directory = spec->directory, .limits = spec->limits, .seccomp = spec->seccomp };
	enum sp_argv_made made;
	struct sp_str input;
	const char *why;

	arguments = sp_defaults_fill(mem, &spec->defaults, arguments);
	if ((made = sp_argv_confine(mem, spec->argv, arguments, &arguments, &why)) != SP_ARGV_MADE ||
	    (made = sp_argv_make(mem, spec->argv, arguments, &start.argv, &why)) != SP_ARGV_MADE ||
	    (made = make_input(mem, spec, arguments, &input, &why)) != SP_ARGV_MADE)
		return not_made(call, made, why, out);
	if (!make_environment(call, spec, &start.envp, &run->secrets, &why))
		return trouble(call, why, out);
	return run_program(run, &start, input, out);
}

static enum sp_tool_outcome
call_program(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct spec *spec = call->tool->spec;
	struct run run = { .call = call, .spec = spec };
	enum sp_tool_outcome outcome;

	if (atomic_fetch_add(spec->running, 1) >= spec->concurrency && spec->concurrency > 0) {
		error_text(out, "too many calls of this tool are running; try again in a moment");
		outcome = sp_tool_finish(call, "too many at one time", out);
	} else {
		outcome = prepare_and_run(&run, arguments, out);
	}
	atomic_fetch_sub(spec->running, 1);
	return outcome;
}

const struct sp_tool_kind sp_exec_tool = { "executable", load, call_program, .fit = fit };
