/*
 * runner_upstreams.h - what a runner does for upstream MCP servers
 *
 * One thread reads what they have, once an hour each and when one has said that it
 * has changed, and tries those that are down.  Another takes those that say something
 * unasked and that no runner listens to, and gives each a thread that does.
 */
#ifndef RUNNER_UPSTREAMS_H
#define RUNNER_UPSTREAMS_H

struct runner_upstreams;

/* runner: its name, which has to live as long. */
struct runner_upstreams *runner_upstreams_start(const char *runner);
/* Somebody may want to hear of something else. */
void runner_upstreams_news(struct runner_upstreams *u);
/* From now on nothing is begun, and what runs ends within seconds. */
void runner_upstreams_drain(struct runner_upstreams *u);
/* Waits for the threads. */
void runner_upstreams_stop(struct runner_upstreams *u);

#endif
