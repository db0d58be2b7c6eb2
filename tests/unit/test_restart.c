/* test_restart.c - workers are replaced under load, and no request is lost; worker_demo is the program */
#include <pthread.h>
#include <stdatomic.h>
#include "worker_process.h"

static struct {
	atomic_bool stop;
	atomic_int answered, lost;
} load;

/* Like nginx: a kept connection is not used again once its end was seen. */
static bool
has_ended(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };

	return poll(&p, 1, 0) > 0;
}

static void *
client(void *arg)
{
	bool keep = arg != NULL;
	int fd = -1;

	while (!load.stop) {
		if (fd >= 0 && has_ended(fd)) {
			close(fd);
			fd = -1;
		}
		if (fd < 0)
			fd = connect_to(worker.socket);
		if (fd >= 0 && ask(fd, "POST", "/echo", "body", keep) == 200) {
			load.answered++;
		} else {
			load.lost++;
			keep = false;
		}
		if (!keep && fd >= 0) {
			close(fd);
			fd = -1;
		}
		poll(NULL, 0, 1);
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* So many more. */
static void
wait_answered(int more)
{
	int until = load.answered + more;

	for (int i = 0; load.answered < until; i++) {
		assert_true(i < PATIENCE_SECONDS * 200);
		poll(NULL, 0, 5);
	}
}

static void
rolling_restart(bool keep)
{
	pthread_t clients[6];
	pid_t workers[2];
	int listener;

	unlink(worker.log);
	worker_config("threads = 4\n");
	listener = worker_shared_socket();
	load.stop = false;
	load.answered = load.lost = 0;
	for (size_t i = 0; i < COUNT(workers); i++)
		workers[i] = worker_start(listener, 0);
	for (size_t i = 0; i < COUNT(clients); i++)
		assert_int_equal(pthread_create(&clients[i], NULL, client, keep ? &load : NULL), 0);
	for (int round = 0; round < 4; round++)
		for (size_t i = 0; i < COUNT(workers); i++) {
			wait_answered(20);
			worker_stop(workers[i]);
			workers[i] = worker_start(listener, 0);
		}
	load.stop = true;
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_join(clients[i], NULL);
	for (size_t i = 0; i < COUNT(workers); i++)
		worker_stop(workers[i]);
	close(listener);
	assert_int_equal(load.lost, 0);
}

static void
rolling_restart_of_new_connections(void **state)
{
	(void)state;
	rolling_restart(false);
}

static void
rolling_restart_of_kept_connections(void **state)
{
	(void)state;
	rolling_restart(true);
}

/* A new process takes the path over from an old one, which answers what it has. */
static void
takeover_of_the_path(void **state)
{
	pthread_t clients[4];
	pid_t old, new;

	(void)state;
	load.stop = false;
	load.answered = load.lost = 0;
	old = worker_start_with("threads = 4\n");
	for (size_t i = 0; i < COUNT(clients); i++)
		assert_int_equal(pthread_create(&clients[i], NULL, client, NULL), 0);
	for (int round = 0; round < 4; round++) {
		wait_answered(20);
		new = worker_start(-1, 0);
		worker_stop(old);
		old = new;
	}
	load.stop = true;
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_join(clients[i], NULL);
	assert_int_equal(load.lost, 0);
	assert_int_equal(access(worker.socket, F_OK), 0);
	worker_stop(old);
}

static int
setup(void **state)
{
	(void)state;
	return worker_setup("worker_demo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rolling_restart_of_new_connections),
		cmocka_unit_test(rolling_restart_of_kept_connections),
		cmocka_unit_test(takeover_of_the_path),
	};

	return cmocka_run_group_tests(tests, setup, worker_teardown);
}
