/* guard.c - which addresses outgoing requests may reach */
#include "net/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include "base/buf.h"

struct range {
	uint8_t address[16];	/* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;		/* of 128 */
};

/* IANA special-purpose registries: all that is not globally reachable unicast. */
static const char *const closed_ranges[] = {
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	"5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", NULL
};

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
static const uint8_t nat64_prefix[12] = { 0, 0x64, 0xff, 0x9b };	/* RFC 6052 */

static bool
range_parse(struct sp_str text, struct range *out)
{
	char address[INET6_ADDRSTRLEN];
	ptrdiff_t slash = sp_str_index(text, '/');
	struct sp_str host = slash < 0 ? text : sp_str_sub(text, 0, (size_t)slash);
	struct range r = { .bits = 0 };
	int64_t bits;
	unsigned base;

	if (host.len == 0 || host.len >= sizeof(address))
		return false;
	memcpy(address, host.p, host.len);
	address[host.len] = '\0';
	if (inet_pton(AF_INET6, address, r.address) == 1)
		base = 0;
	else if (inet_pton(AF_INET, address, r.address + 12) == 1) {
		memcpy(r.address, mapped_prefix, sizeof(mapped_prefix));
		base = 96;
	} else
		return false;
	bits = 128 - (int64_t)base;
	if (slash >= 0 && !sp_str_int64(sp_str_sub(text, (size_t)slash + 1, text.len), 0, bits, &bits))
		return false;
	r.bits = base + (unsigned)bits;
	*out = r;
	return true;
}

bool
sp_guard_range_valid(struct sp_str range)
{
	struct range r;

	return range_parse(range, &r);
}

static bool
within(const uint8_t address[static 16], const struct range *r)
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;

	if (memcmp(address, r->address, whole) != 0)
		return false;
	return rest == 0 || ((address[whole] ^ r->address[whole]) >> (8 - rest)) == 0;
}

static bool
within_any(const uint8_t address[static 16], const char *list)
{
	struct sp_str rest = sp_str(list), word;
	struct range r;

	while (sp_str_split(&rest, ' ', &word))
		if (range_parse(word, &r) && within(address, &r))
			return true;
	return false;
}

static bool
is_closed(const uint8_t address[static 16])
{
	struct range r;

	for (size_t i = 0; closed_ranges[i] != NULL; i++)
		if (range_parse(sp_str(closed_ranges[i]), &r) && within(address, &r))
			return true;
	return false;
}

bool
sp_guard_permits(const struct sockaddr *address, const char *allow)
{
	uint8_t plain[16], inner[16];

	if (address->sa_family == AF_INET) {
		memcpy(plain, mapped_prefix, sizeof(mapped_prefix));
		memcpy(plain + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6)
		memcpy(plain, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	else
		return false;
	if (within_any(plain, allow))
		return true;
	/* through a translator the packet goes to the IPv4 address inside */
	if (memcmp(plain, nat64_prefix, sizeof(nat64_prefix)) == 0) {
		memcpy(inner, mapped_prefix, sizeof(mapped_prefix));
		memcpy(inner + 12, plain + 12, 4);
		return !is_closed(inner);
	}
	return !is_closed(plain);
}

/* Of two ranges that meet, one lies in the other: the smaller one is what they share. */
const char *
sp_guard_both(struct sp_arena *mem, const char *one, const char *other)
{
	struct sp_str left = sp_str(one), right, a, b;
	struct range x, y;
	struct sp_buf out;

	sp_buf_init(&out, mem, 64 * 1024);
	while (sp_str_split(&left, ' ', &a))
		for (right = sp_str(other); sp_str_split(&right, ' ', &b);) {
			if (!range_parse(a, &x) || !range_parse(b, &y))
				continue;
			if (x.bits >= y.bits ? within(x.address, &y) : within(y.address, &x)) {
				sp_buf_cstr(&out, out.len > 0 ? " " : "");
				sp_buf_str(&out, x.bits >= y.bits ? a : b);
			}
		}
	return sp_buf_ok(&out) ? sp_buf_view(&out).p : "";
}
