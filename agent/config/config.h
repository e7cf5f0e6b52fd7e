/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file: YAML, every key with a default but `interfaces`. What is in memory has
 * been checked; whoever reads it checks nothing again.
 */
#ifndef SMTPFENCE_CONFIG_CONFIG_H
#define SMTPFENCE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtpfence/abi.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "config/link.h"

#define CONFIG_PATH_DEFAULT   "/etc/smtpfence/smtpfence.yaml"
#define CONFIG_SOCKET_DEFAULT "/run/smtpfence/smtpfence.sock"
#define CONFIG_BUCKET_DEFAULT "SMTP_DECISIONS"
#define CONFIG_BPFFS_DEFAULT  "/sys/fs/bpf/smtpfence"

enum config_hook {
	CONFIG_HOOK_AUTO,
	CONFIG_HOOK_XDP, /* native first, then generic */
	CONFIG_HOOK_XDP_NATIVE,
	CONFIG_HOOK_XDP_GENERIC,
	CONFIG_HOOK_TC,
};

struct config_interface {
	char *match; /* shell glob, fnmatch(3) */
	enum smtpfence_role role;
	enum config_hook hook;
};

enum config_feed_kind { CONFIG_FEED_SCORES, CONFIG_FEED_LIST };

/* What of a frame a list is about; its destination is never looked up. */
enum config_match { CONFIG_MATCH_UNSET, CONFIG_MATCH_SOURCE };

/* The shortest prefixes of a list that the guard lets by; 0: as everywhere, /24 and /48. */
struct config_widest {
	unsigned int ipv4, ipv6;
};

/* Of CrowdSec's decisions. */
enum config_scope { CONFIG_SCOPE_IP, CONFIG_SCOPE_RANGE };

struct config_feed {
	char *name; /* [a-z0-9_-]+, unique, not "manual" */
	enum config_feed_kind kind;
	char *type; /* "ndjson" or "nats" for scores; "list", "drop" or "crowdsec" for list */
	/* url: file:///absolute/path, https://, or http:// on loopback; of type nats one or more of
	   nats:// or tls://, with commas between */
	struct config_link link;
	uint64_t interval;    /* s, at least 1 */
	uint64_t stale_after; /* s without a success; default 10 x interval, at least 60 */
	uint64_t ttl;	      /* list: s that an entry stays after it was named; 0: while it is */
	enum config_match match; /* of a list; unset is the source, too */
	struct config_widest widest;
	char *token_file;    /* of what comes over HTTP, see base/secret.h; NULL: none */
	char *bucket;	     /* of type nats; NULL: CONFIG_BUCKET_DEFAULT */
	uint64_t size_limit; /* bytes, unpacked */
	uint64_t time_limit; /* s, for one reading */
	/* Of crowdsec. */
	char *api_key_file;	   /* see base/secret.h; NULL: known by link.cert_file */
	enum config_scope *scopes; /* at least 1 */
	size_t scope_count;
	char **types; /* of decisions that block; at least 1 */
	size_t type_count;
};

struct config_prefixes {
	struct smtpfence_prefix *items;
	size_t count;
};

/* `ipv6_unit: 64`, or a list of {match: PREFIX, unit: N} whose first match wins. */
struct config_ipv6_unit {
	struct smtpfence_prefix match; /* length 0: everything */
	unsigned int unit;	       /* 64 or 128 */
};

struct config_guard {
	uint64_t max_new_blocks;
	unsigned int max_removed_share; /* percent, 0 to 100 */
};

enum config_release { CONFIG_RELEASE_AUTOMATIC, CONFIG_RELEASE_ON_REQUEST };

struct config_policy {
	uint32_t block_score;
	uint64_t duration; /* s */
	uint32_t *multipliers;
	size_t multiplier_count; /* at least 1 */
	uint64_t max;		 /* s */
	uint64_t forget_after;	 /* s */
	enum config_release release;
	struct config_ipv6_unit *ipv6_units; /* the last one matches everything */
	size_t ipv6_unit_count;
	struct config_prefixes allow;
	struct config_prefixes exempt_destinations;
	struct config_guard guard;
};

struct config_limits {
	uint32_t blocks;
	uint32_t prefixes;
	uint32_t sources;
};

struct config_api {
	char *socket;
	char *group;
	char *listen_host; /* numeric, loopback or not; NULL: no TCP listener (`listen: ""`) */
	uint16_t listen_port;
};

enum config_notify_kind { CONFIG_NOTIFY_COMMAND, CONFIG_NOTIFY_WEBHOOK, CONFIG_NOTIFY_NATS };

struct config_notify {
	enum config_notify_kind kind;
	char *name;    /* unique; the target without its secrets, unless another one is given */
	char *command; /* of a command: absolute path; else NULL */
	struct config_link link; /* url: https:// of a webhook, nats:// or tls:// URLs; else NULL */
	uint64_t time_limit;	 /* s, for one delivery; not of nats */
	/* May be NULL, and are where the kind does not know them: */
	char *secret_file;
	char *stream; /* of nats it is there */
};

struct template;

struct config_notice {
	char *path;		   /* of the template; NULL: the built-in one */
	struct template *template; /* placeholders: config/notice.h */
};

/* A receiver of usage reports. */
struct config_usage {
	char *name;		 /* unique; letters, digits, '_', '-' and '.' */
	struct config_link link; /* url: https://, or http:// on loopback; nats:// or tls:// */
	char *token_file;	 /* NULL: none */
	char *stream;		 /* of NATS JetStream */
	uint64_t interval;	 /* s, at least 1 */
	char *spool;		 /* absolute path of a folder, in which `name` is another one */
	uint64_t spool_limit;	 /* bytes */
};

struct config {
	char *path; /* the file it was read from */
	enum smtpfence_mode mode;
	enum smtpfence_on_block on_block;
	struct config_interface *interfaces; /* at least 1; the first match wins */
	size_t interface_count;
	struct config_feed *feeds;
	size_t feed_count;
	struct config_policy policy;
	struct config_limits limits;
	struct config_api api;
	struct config_notify *notify;
	size_t notify_count;
	struct config_notice notice;
	struct config_usage *usage;
	size_t usage_count;
	char *state;
	char *bpffs;
};

/*
 * Reads and checks @path. On an error @error says "FILE:LINE:COLUMN: what" (or "FILE: what" where
 * the file cannot be read) and nothing is returned. -EINVAL, -ENOENT, -EACCES, -ENOMEM, …
 */
int config_load(const char *path, struct config **ret, struct error *error);
void config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free)

/* The first interface rule that matches @name, or NULL. */
const struct config_interface *config_match_interface(const struct config *config,
						      const char *name);

/* The feed of that name, or NULL. */
const struct config_feed *config_find_feed(const struct config *config, const char *name);

/* Whether two receivers of notices are told in the same way under the same name. */
bool config_same_notify(const struct config_notify *a, const struct config_notify *b);

/* The keys, their defaults and what they mean, for --help: generated from the parser's table. */
const char *config_reference(void);

#endif
