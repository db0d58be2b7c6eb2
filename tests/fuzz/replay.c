/*
 * replay.c - a main() for fuzz targets: runs files, and all files of directories, once
 *
 * Where libFuzzer is not there, so that every compiler and sanitizer sees the
 * corpus.  Fails when it found no file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"

static size_t files;

static void
give_up(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static void
run_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	uint8_t *data;

	if (fd < 0 || fstat(fd, &st) != 0)
		give_up(path);
	/* exactly as large as the input, so that a sanitizer sees a read beyond it */
	data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	if (data == NULL)
		give_up(path);
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, data + len, (size_t)st.st_size - len);

		if (n <= 0)
			give_up(path);
		len += (size_t)n;
	}
	close(fd);
	fprintf(stderr, "%s\n", path);		/* the last line names the culprit of a crash */
	LLVMFuzzerTestOneInput(data, len);
	free(data);
	files++;
}

static void
run(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (dir == NULL && errno == ENOTDIR) {
		run_file(path);
		return;
	}
	if (dir == NULL)
		give_up(path);
	while ((entry = readdir(dir)) != NULL) {
		char *name;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&name, "%s/%s", path, entry->d_name) < 0)
			give_up(path);
		run_file(name);
		free(name);
	}
	closedir(dir);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	if (files == 0) {
		fprintf(stderr, "%s: no input\n", argv[0]);
		return 1;
	}
	return 0;
}
