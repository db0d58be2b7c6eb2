/*
 * guard.h - which addresses outgoing requests may reach
 *
 * URLs that strangers choose must not reach our own networks: loopback,
 * private, link-local, shared (CGNAT), multicast, reserved, and IPv6 forms that
 * carry an IPv4 address of those kinds.  The operator may let ranges through.
 * What is judged is the address of the socket, never the name.
 */
#ifndef SP_NET_GUARD_H
#define SP_NET_GUARD_H

#include <sys/socket.h>

#include "base/arena.h"

/* May this address be connected to?  `allow`: space separated CIDR ranges, or "". */
bool sp_guard_permits(const struct sockaddr *address, const char *allow);

/* True for text that is one CIDR range ("10.0.0.0/8", "fd00::/8") or one address. */
bool sp_guard_range_valid(struct sp_str range);

/* The ranges that both lists have, as a list. */
const char *sp_guard_both(struct sp_arena *mem, const char *one, const char *other);

#endif
