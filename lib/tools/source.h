/*
 * source.h - other PostgreSQL databases: sources of type "postgresql"
 *
 *	type: postgresql
 *	database: host=db1,db2 dbname=shop user=reader password=${env:CREDENTIAL_SHOP} target_session_attrs=prefer-standby
 *	role: shop_tools		(optional) what statements run as; the user must be a member
 *	read_only: true			(default) no statement may write
 *	connections: 4			(default) at most, of each process
 *	claims: true			(default) statements see the caller's claims
 *	search_path: shop, public	(default: "$user", public)
 *
 * `database` is a connection string or URI of libpq, or one reference that is all of
 * it.  Its values are taken apart before references are looked up, so that a
 * secret cannot add a host.  host, dbname and user must be there.  Nothing comes from
 * elsewhere: no service file, no password file, no certificate of the program's
 * home, no PGPASSWORD; so passfile, service, servicefile, sslcert, sslkey, sslcrl and
 * krbsrvname are refused.  The one file that may be named is sslrootcert, the
 * authorities to trust.  Where a source is, on a private address or a Unix
 * socket, is up to who may write sources: administrators.  But our own database
 * under the user of the programs is no source: statements would have more rights
 * there than a tool's.
 *
 * A process has one pool for each source, made at the first call, kept while some
 * snapshot of the catalog has the source unchanged, and replaced when a secret was.
 * It is the pool of db.h: one that cannot connect makes others fail at once
 * for a moment, instead of waiting, too.
 */
#ifndef SP_TOOLS_SOURCE_H
#define SP_TOOLS_SOURCE_H

#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"

struct sp_source;
struct sp_source_pool;

/*
 * The source of a spec, with its "name" in it.  Held until mem is reset; any thread
 * may use it as long.  False: *why, which begins with the member at fault.
 */
SP_MUST_USE bool sp_source_load(struct sp_arena *mem, struct json_object *spec, const struct sp_source **out,
    const char **why);

const char *sp_source_name(const struct sp_source *source);
bool sp_source_is_read_only(const struct sp_source *source);
bool sp_source_gives_claims(const struct sp_source *source);
const char *sp_source_role(const struct sp_source *source);		/* "none" without one */
const char *sp_source_search_path(const struct sp_source *source);

/*
 * A session there, as sp_db_begin().  It does not end with sp_db_end(), but with
 * sp_source_end().  False: what the spec refers to is not there, *why (in mem, without
 * a secret) says what.
 */
SP_MUST_USE bool sp_source_begin(const struct sp_source *source, const struct sp_settings *settings,
    struct sp_arena *mem, struct sp_db *db, struct sp_source_pool **pool, const char **why);
void sp_source_end(struct sp_db *db, struct sp_source_pool *pool);

#endif
