/* clock.h - time: seconds since 1970 for protocols, milliseconds that never step for limits */
#ifndef SP_BASE_CLOCK_H
#define SP_BASE_CLOCK_H

#include <stdint.h>

int64_t sp_now_seconds(void);		/* CLOCK_REALTIME */
int64_t sp_monotonic_ms(void);		/* CLOCK_MONOTONIC */
int64_t sp_monotonic_us(void);

#endif
