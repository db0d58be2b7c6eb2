/* clock.c - time */
#include <time.h>
#include "base/clock.h"

static struct timespec
read_clock(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);		/* cannot fail for the two clocks used here */
	return ts;
}

int64_t
sp_now_seconds(void)
{
	return read_clock(CLOCK_REALTIME).tv_sec;
}

int64_t
sp_monotonic_ms(void)
{
	return sp_monotonic_us() / 1000;
}

int64_t
sp_monotonic_us(void)
{
	struct timespec ts = read_clock(CLOCK_MONOTONIC);

	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
