/* clock.c - time */
#include <time.h>
#include "base/buf.h"
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

/* Years begin on 1 March here, which puts the leap day at their end. */
void
sp_rfc3339(int64_t seconds, char out[static SP_RFC3339_SIZE])
{
	int64_t days = seconds / 86400 + 719468;	/* since 0000-03-01 */
	int64_t era = days / 146097;			/* of 400 years */
	int64_t day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month;
	struct sp_buf b;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;			/* 0 is March */
	day -= (153 * month + 2) / 5;
	year += era * 400 + (month >= 10);
	month += month >= 10 ? -9 : 3;
	sp_buf_fixed(&b, out, SP_RFC3339_SIZE);
	sp_buf_printf(&b, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)day + 1,
	    (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60));
}
