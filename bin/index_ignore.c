/* index_ignore.c - .gitignore rules */
#include "index_ignore.h"

#define MAX_RULES	5000	/* per file */
#define MAX_PATTERN	1000	/* bytes; a longer one is no pattern that a person wrote */
#define MAX_STEPS	100000

struct rule {
	struct sp_str pattern;
	bool negated, directory_only, anchored;
};

struct index_ignore {
	const struct index_ignore *parent;
	struct sp_str dir;
	struct rule *rules;
	size_t count;
};

static bool
in_class(struct sp_str name, unsigned char c)
{
	static const struct {
		const char *name;
		int from[4], to[4];
	} classes[] = {
		{ "alpha", { 'A', 'a' }, { 'Z', 'z' } },
		{ "digit", { '0' }, { '9' } },
		{ "alnum", { 'A', 'a', '0' }, { 'Z', 'z', '9' } },
		{ "upper", { 'A' }, { 'Z' } },
		{ "lower", { 'a' }, { 'z' } },
		{ "xdigit", { 'A', 'a', '0' }, { 'F', 'f', '9' } },
		{ "space", { '\t', ' ' }, { '\r', ' ' } },
		{ "blank", { '\t', ' ' }, { '\t', ' ' } },
		{ "cntrl", { 1, 127 }, { 31, 127 } },
		{ "print", { ' ' }, { '~' } },
		{ "graph", { '!' }, { '~' } },
		{ "punct", { '!', ':', '[', '{' }, { '/', '@', '`', '~' } },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (sp_str_is(name, classes[i].name))
			for (size_t k = 0; k < 4; k++)
				if (classes[i].from[k] != 0 && c >= classes[i].from[k] &&
				    c <= classes[i].to[k])
					return true;
	return false;
}

/*
 * The set that opens at p, as one of git's: 0 no match, 1 match, -1 no set
 * (it never closes, so the pattern matches nothing).  *end is behind it.
 */
static int
in_set(const char *p, const char *limit, unsigned char c, const char **end)
{
	bool negated = false, found = false, first = true;

	if (++p < limit && (*p == '!' || *p == '^')) {
		negated = true;
		p++;
	}
	for (; p < limit && (*p != ']' || first); first = false) {
		unsigned char low;

		if (*p == '[' && p + 1 < limit && p[1] == ':') {
			const char *q = p + 2;

			while (q + 1 < limit && !(q[0] == ':' && q[1] == ']') && *q != ']')
				q++;
			if (q + 1 < limit && q[0] == ':' && q[1] == ']') {
				found |= in_class((struct sp_str){ p + 2, (size_t)(q - p - 2) }, c);
				p = q + 2;
				continue;
			}
		}
		if (*p == '\\' && p + 1 < limit)
			p++;
		low = (unsigned char)*p++;
		if (p + 1 < limit && *p == '-' && p[1] != ']') {
			unsigned char high;

			p++;
			if (*p == '\\' && p + 1 < limit)
				p++;
			high = (unsigned char)*p++;
			found |= c >= low && c <= high;
		} else {
			found |= c == low;
		}
	}
	if (p >= limit)
		return -1;
	*end = p + 1;
	return found != negated && c != '/' ? 1 : 0;
}

bool
index_glob(struct sp_str pattern, struct sp_str text)
{
	const char *p = pattern.p, *pend = p + pattern.len;
	const char *s = text.p, *send = s + text.len;
	const char *star = NULL, *star_s = NULL;	/* behind the last *, and where it began to match */
	const char *deep = NULL, *deep_s = NULL;	/* the same for the last component of two stars */

	for (unsigned steps = 0; steps < MAX_STEPS; steps++) {
		const char *next = p;
		bool fits = false;

		if (p == pend) {
			if (s == send)
				return true;
		} else if (*p == '*') {
			bool whole = p + 1 < pend && p[1] == '*' && (p == pattern.p || p[-1] == '/');

			if (whole && p + 2 == pend)
				return s < send;		/* all that is inside */
			if (whole && p[2] == '/') {
				p += 3;
				deep = p;
				deep_s = s;
				star = NULL;
				continue;
			}
			while (p < pend && *p == '*')
				p++;
			star = p;
			star_s = s;
			continue;
		} else if (s < send) {
			if (*p == '?') {
				fits = *s != '/';
				next = p + 1;
			} else if (*p == '[') {
				int set = in_set(p, pend, (unsigned char)*s, &next);

				if (set < 0)
					return false;
				fits = set == 1;
			} else {
				if (*p == '\\' && p + 1 < pend)
					p++;
				fits = *p == *s;
				next = p + 1;
			}
		}
		if (fits) {
			p = next;
			s++;
		} else if (star != NULL && star_s < send && *star_s != '/') {
			p = star;
			s = ++star_s;
		} else {
			const char *slash = deep != NULL ?
			    memchr(deep_s, '/', (size_t)(send - deep_s)) : NULL;

			if (slash == NULL)
				return false;
			star = NULL;
			p = deep;
			s = deep_s = slash + 1;
		}
	}
	return false;
}

/* One line of the file; false when it holds no rule. */
static bool
rule_read(struct sp_str line, struct rule *r)
{
	*r = (struct rule){ 0 };
	while (line.len > 0 && (line.p[line.len - 1] == '\r' || line.p[line.len - 1] == '\n'))
		line.len--;
	while (line.len > 0 && (line.p[line.len - 1] == ' ' || line.p[line.len - 1] == '\t') &&
	    !(line.len > 1 && line.p[line.len - 2] == '\\'))
		line.len--;
	if (line.len == 0 || line.p[0] == '#')
		return false;
	if (line.p[0] == '!') {
		r->negated = true;
		line = sp_str_sub(line, 1, line.len);
	}
	if (line.len > 0 && line.p[line.len - 1] == '/') {
		r->directory_only = true;
		line.len--;
	}
	r->anchored = sp_str_index(line, '/') >= 0;
	if (line.len > 0 && line.p[0] == '/')
		line = sp_str_sub(line, 1, line.len);
	r->pattern = line;
	return line.len > 0 && line.len <= MAX_PATTERN;
}

const struct index_ignore *
index_ignore_add(struct sp_arena *mem, const struct index_ignore *parent, struct sp_str dir,
    struct sp_str text)
{
	struct index_ignore *added;
	struct sp_str rest, line;
	struct rule rule;
	size_t count = 0;

	if (sp_str_starts(text, "\xef\xbb\xbf"))
		text = sp_str_sub(text, 3, text.len);
	for (rest = text; sp_str_split(&rest, '\n', &line);)
		count += rule_read(line, &rule);
	if (count == 0)
		return parent;
	if (count > MAX_RULES)
		count = MAX_RULES;
	added = sp_alloc(mem, sizeof(*added));
	added->parent = parent;
	added->dir = sp_str_dup(mem, dir);
	added->rules = sp_alloc_array(mem, count, sizeof(*added->rules));
	for (rest = text; added->count < count && sp_str_split(&rest, '\n', &line);)
		if (rule_read(line, &rule))
			added->rules[added->count++] = rule;
	return added;
}

bool
index_ignored(const struct index_ignore *rules, struct sp_str path, bool is_directory)
{
	struct sp_str name = path;
	ptrdiff_t slash;

	while ((slash = sp_str_index(name, '/')) >= 0)
		name = sp_str_sub(name, (size_t)slash + 1, name.len);
	for (; rules != NULL; rules = rules->parent) {
		struct sp_str inside = path;

		if (rules->dir.len > 0 && (path.len <= rules->dir.len || path.p[rules->dir.len] != '/' ||
		    memcmp(path.p, rules->dir.p, rules->dir.len) != 0))
			continue;		/* the rules of another directory */
		if (rules->dir.len > 0)
			inside = sp_str_sub(path, rules->dir.len + 1, path.len);
		for (size_t i = rules->count; i-- > 0;) {
			const struct rule *r = &rules->rules[i];

			if ((!r->directory_only || is_directory) &&
			    index_glob(r->pattern, r->anchored ? inside : name))
				return !r->negated;
		}
	}
	return false;
}
