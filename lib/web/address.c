/* address.c - whose request it is, behind proxies that are trusted */
#include <arpa/inet.h>
#include "web/gate.h"

struct address {
	uint8_t byte[16];	/* IPv4 as ::ffff:a.b.c.d, so that one comparison serves both */
};

static bool
address_parse(struct sp_str text, struct address *out, bool *v4)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.p, '\0', text.len) != NULL)
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	*out = (struct address){ .byte = { [10] = 0xff, [11] = 0xff } };
	*v4 = inet_pton(AF_INET, copy, out->byte + 12) == 1;
	return *v4 || inet_pton(AF_INET6, copy, out->byte) == 1;
}

static bool
address_in_range(const struct address *a, struct sp_str range)
{
	ptrdiff_t slash = sp_str_index(range, '/');
	struct address net;
	int64_t bits;
	bool v4;

	if (!address_parse(slash < 0 ? range : sp_str_sub(range, 0, (size_t)slash), &net, &v4))
		return false;
	bits = v4 ? 32 : 128;
	if (slash >= 0 &&
	    !sp_str_int64(sp_str_sub(range, (size_t)slash + 1, range.len), 0, bits, &bits))
		return false;
	if (v4)
		bits += 96;
	for (int64_t i = 0; i < bits; i++) {
		uint8_t mask = (uint8_t)(0x80 >> (i % 8));

		if ((a->byte[i / 8] & mask) != (net.byte[i / 8] & mask))
			return false;
	}
	return true;
}

bool
sp_address_in(struct sp_str address, const char *ranges)
{
	struct sp_str rest = sp_str(ranges), range;
	struct address a;
	bool v4;

	if (!address_parse(address, &a, &v4))
		return false;
	while (sp_str_split(&rest, ' ', &range))
		if (range.len > 0 && address_in_range(&a, range))
			return true;
	return false;
}

/*
 * X-Forwarded-For grows to the right: each proxy appends the address it saw.
 * Walking from the right, the first that is not ours is the client's; what
 * stands further left was written by the client and proves nothing.
 */
struct sp_str
sp_client_address(struct sp_str peer, struct sp_str x_forwarded_for, const char *trusted_proxies)
{
	struct sp_str rest = x_forwarded_for, found = peer;
	struct address a;
	bool v4;

	while (rest.len > 0 && sp_address_in(found, trusted_proxies)) {
		size_t start = rest.len;
		struct sp_str hop;

		while (start > 0 && rest.p[start - 1] != ',')
			start--;
		hop = sp_str_trim(sp_str_sub(rest, start, rest.len), " \t");
		if (!address_parse(hop, &a, &v4))
			break;
		found = hop;
		rest = sp_str_sub(rest, 0, start > 0 ? start - 1 : 0);
	}
	return found;
}
