/* keyring.h - a master key for fuzz targets, made once */
#ifndef SP_FUZZ_KEYRING_H
#define SP_FUZZ_KEYRING_H

#include <unistd.h>
#include "base/secret.h"
#include "fuzz.h"

static inline struct sp_keyring *
fuzz_keyring(void)
{
	static struct sp_keyring *ring;
	char dir[] = "/tmp/sallyport-fuzz.XXXXXX", path[64];
	const char *why;

	if (ring != NULL)
		return ring;
	FUZZ_CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/key", dir);
	FUZZ_CHECK(sp_keyring_create(path, &why) && sp_keyring_load(path, &ring, &why));
	unlink(path);
	rmdir(dir);
	return ring;
}

#endif
