/* keyring.h - a master key of a test's own, in a file that is gone at once */
#ifndef SP_UNIT_KEYRING_H
#define SP_UNIT_KEYRING_H

#include "unit.h"
#include "base/secret.h"

static inline struct sp_keyring *
new_keyring(void)
{
	char dir[] = "/tmp/sallyport-key.XXXXXX", path[64];
	struct sp_keyring *ring = NULL;
	const char *why = "";

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	if (!sp_keyring_create(path, &why) || !sp_keyring_load(path, &ring, &why))
		fail_msg("%s: %s", path, why);
	unlink(path);
	rmdir(dir);
	return ring;
}

#endif
