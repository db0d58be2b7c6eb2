/*
 * settings_check.h - what a value has to be beyond its type
 *
 * Each gives what is wrong with the value in a static text, or NULL.  They run
 * when all settings are read, because one may depend on another.
 */
#ifndef SP_BASE_SETTINGS_CHECK_H
#define SP_BASE_SETTINGS_CHECK_H

#include "base/settings.h"

typedef const char *sp_setting_check(const struct sp_settings *s, const char *value);

/*
 * An absolute https URL (http for loopback or with insecure_http) as RFC 8414
 * section 2 has it, without query and fragment, and in the one spelling that URL
 * libraries keep: lower-case host, no default port, no dot segments, no slash at
 * the end.  Issuers are compared as strings, and clients normalize theirs.
 */
sp_setting_check sp_check_issuer;
sp_setting_check sp_check_path;		/* absolute */
sp_setting_check sp_check_optional_path;	/* absolute or empty */
sp_setting_check sp_check_words_of_paths;	/* word=/path word=/path */
sp_setting_check sp_check_paths;	/* /path /path */
sp_setting_check sp_check_env_prefix;	/* of names of environment variables, or empty */
sp_setting_check sp_check_static_url;
sp_setting_check sp_check_log_level;
sp_setting_check sp_check_signing_alg;
sp_setting_check sp_check_origins;
sp_setting_check sp_check_cidrs;
sp_setting_check sp_check_role;

#endif
