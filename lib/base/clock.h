/* clock.h - time: seconds since 1970 for protocols, milliseconds that never step for limits */
#ifndef SP_BASE_CLOCK_H
#define SP_BASE_CLOCK_H

#include <stdint.h>

int64_t sp_now_seconds(void);		/* CLOCK_REALTIME */
int64_t sp_monotonic_ms(void);		/* CLOCK_MONOTONIC */
int64_t sp_monotonic_us(void);

/*
 * RFC 3339 in UTC, "2026-11-20T10:00:00Z", for 1970 to 9999.  Unlike gmtime_r()
 * it takes no lock, so that a child of a threaded process may use it.
 */
#define SP_RFC3339_SIZE 21		/* with its NUL */
void sp_rfc3339(int64_t seconds, char out[static SP_RFC3339_SIZE]);

#endif
