/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scorer-publish: puts a file of scores into the bucket that the fleet follows, for scorers that
 * have no NATS client of their own. The file is checked whole before anything is sent.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "config/config.h"
#include "feed/feed.h"
#include "feed/lines.h"
#include "nats/key.h"
#include "nats/link.h"

#define SERVER_DEFAULT "nats://127.0.0.1:4222"
#define SUBJECT_MAX    256
#define REPLICAS_MAX   5
#define PENDING_MAX    4000  /* values on their way that the server has not confirmed */
#define STALL_MSEC     10000 /* for one of them to be confirmed */
#define COMPLETE_MSEC  60000 /* for the last ones */
#define EXIT_USAGE     2

struct options {
	struct link_options link;
	const char *bucket, *domain, *file;
	bool create;
	int replicas;
};

struct publisher {
	const struct options *options;
	natsConnection *connection;
	jsCtx *context;
	uint64_t refused; /* by the server */
};

DEFINE_CLEANUP(jsStreamInfo *, jsStreamInfo_Destroy)
DEFINE_CLEANUP(kvStore *, kvStore_Destroy)

/* In a thread of libnats, which has one for this. */
static void note_refused(jsCtx *context, jsPubAckErr *problem, void *userdata)
{
	struct publisher *publisher = userdata;

	(void)context;
	if (publisher->refused++ == 0)
		fprintf(stderr, "scorer-publish: %s: %s\n", natsMsg_GetSubject(problem->Msg),
			problem->ErrText ? problem->ErrText : natsStatus_GetText(problem->Err));
}

static int make_context(struct publisher *publisher, struct error *error)
{
	jsOptions options;
	natsStatus s;

	jsOptions_Init(&options);
	options.Domain = publisher->options->domain;
	options.PublishAsync.MaxPending = PENDING_MAX;
	options.PublishAsync.StallWait = STALL_MSEC;
	options.PublishAsync.ErrHandler = note_refused;
	options.PublishAsync.ErrHandlerClosure = publisher;
	s = natsConnection_JetStream(&publisher->context, publisher->connection, &options);
	return s == NATS_OK ? 0 : link_error(s, error, "JetStream");
}

static int create_bucket(const struct publisher *publisher, struct error *error)
{
	_cleanup_(kvStore_Destroyp) kvStore *store = NULL;
	kvConfig config;
	natsStatus s;

	kvConfig_Init(&config);
	config.Bucket = publisher->options->bucket;
	config.History = 1;
	config.Replicas = publisher->options->replicas;
	s = js_CreateKeyValue(&store, publisher->context, &config);
	return s == NATS_OK ? 0 : link_error(s, error, "bucket %s", config.Bucket);
}

static int need_bucket(const struct publisher *publisher, struct error *error)
{
	_cleanup_(jsStreamInfo_Destroyp) jsStreamInfo *info = NULL;
	const char *bucket = publisher->options->bucket;
	char stream[SUBJECT_MAX];
	natsStatus s;

	snprintf(stream, sizeof(stream), "KV_%s", bucket);
	s = js_GetStreamInfo(&info, publisher->context, stream, NULL, NULL);
	if (s == NATS_OK)
		return 0;
	if (s == NATS_NOT_FOUND && publisher->options->create)
		return create_bucket(publisher, error);
	if (s == NATS_NOT_FOUND)
		return error_set(error, -ENOENT, "there is no bucket %s: make it with --create",
				 bucket);
	return link_error(s, error, "bucket %s", bucket);
}

static int connect_publisher(struct publisher *publisher, struct error *error)
{
	_cleanup_(link_freep) struct link *link = NULL;
	int r = link_new(&publisher->options->link, &link, error);

	if (r >= 0)
		r = link_open(link, &publisher->connection, error);
	if (r >= 0)
		r = make_context(publisher, error);
	return r < 0 ? r : need_bucket(publisher, error);
}

static void disconnect(struct publisher *publisher)
{
	natsConnection_Close(publisher->connection);
	jsCtx_Destroy(publisher->context);
	natsConnection_Destroy(publisher->connection);
}

static int publish(const struct publisher *publisher, const struct smtpfence_prefix *prefix,
		   const struct lines *lines, struct error *error)
{
	char subject[SUBJECT_MAX], key[KEY_TEXT_MAX];
	natsStatus s;

	snprintf(subject, sizeof(subject), "$KV.%s.%s", publisher->options->bucket,
		 key_format(prefix, key));
	s = js_PublishAsync(publisher->context, subject, lines->text, (int)lines->length, NULL);
	return s == NATS_OK ? 0 : link_error(s, error, "%s:%lu", lines->name, lines->number);
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* The lines of a file that was found good are a header, one for each incident, and an end. */
static int publish_lines(const struct publisher *publisher, struct lines *lines,
			 const struct feed_batch *batch, struct error *error)
{
	size_t next = 0;
	bool header = true;
	int r = 0;

	while (r >= 0 && next < batch->incident_count && (r = lines_next(lines, error)) > 0) {
		if (is_blank(lines->text))
			continue;
		if (!header)
			r = publish(publisher, &batch->incidents[next++].prefix, lines, error);
		header = false;
	}
	return r < 0 ? r : 0;
}

static int wait_for_all(const struct publisher *publisher, struct error *error)
{
	jsPubOptions options;
	natsStatus s;

	jsPubOptions_Init(&options);
	options.MaxWait = COMPLETE_MSEC;
	s = js_PublishAsyncComplete(publisher->context, &options);
	if (s != NATS_OK)
		return link_error(s, error, "the server does not confirm what it was sent");
	if (publisher->refused)
		return error_set(error, -EIO, "the server refused %" PRIu64 " values",
				 publisher->refused);
	return 0;
}

static int send_all(const struct options *options, FILE *file, const struct feed_batch *batch,
		    struct error *error)
{
	_cleanup_(disconnect) struct publisher publisher = {.options = options};
	_cleanup_(lines_close) struct lines lines = {0};
	int r = connect_publisher(&publisher, error);

	if (r >= 0)
		r = lines_open(&lines, file, options->file, error);
	if (r >= 0)
		r = publish_lines(&publisher, &lines, batch, error);
	return r < 0 ? r : wait_for_all(&publisher, error);
}

/* What the agents would skip is not sent. */
static int check_widths(const struct options *options, const struct feed_batch *batch,
			struct error *error)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < batch->incident_count; i++)
		if (prefix_too_wide(&batch->incidents[i].prefix))
			return error_set(
				error, -EINVAL, "%s: %s is wider than /24 (IPv4) or /48 (IPv6)",
				options->file, prefix_format(&batch->incidents[i].prefix, text));
	return 0;
}

static int run(const struct options *options, struct error *error)
{
	_cleanup_(feed_batch_freep) struct feed_batch *batch = NULL;
	_cleanup_fclose_ FILE *file = fopen(options->file, "re");
	int r;

	if (!file)
		return error_set(error, -errno, "%s: %s", options->file, strerror(errno));
	r = feed_format_ndjson.parse(file, options->file, &batch, error);
	if (r >= 0)
		r = check_widths(options, batch, error);
	if (r < 0)
		return r;
	if (fseek(file, 0, SEEK_SET) < 0)
		return error_set(error, -errno, "%s: must be a file", options->file);
	r = send_all(options, file, batch, error);
	if (r >= 0)
		printf("%zu records are in bucket %s\n", batch->incident_count, options->bucket);
	return r;
}

static void usage(FILE *stream)
{
	fputs("usage: scorer-publish [option...] FILE\n"
	      "\n"
	      "  -s, --server URL             nats:// or tls://, several with commas between\n"
	      "                               (" SERVER_DEFAULT ")\n"
	      "  -b, --bucket NAME            (" CONFIG_BUCKET_DEFAULT ")\n"
	      "  -d, --domain NAME            of JetStream, behind a leaf node\n"
	      "  -c, --create                 make the bucket, if there is none\n"
	      "  -r, --replicas N             of a bucket that is made (1)\n"
	      "      --ca-file PATH           PEM\n"
	      "      --cert-file PATH         PEM, with --key-file\n"
	      "      --key-file PATH\n"
	      "      --nkey-file PATH         the seed of an NKey\n"
	      "      --credentials-file PATH  a JWT and its seed\n"
	      "  -V, --version\n"
	      "  -h, --help\n",
	      stream);
}

enum { CA_FILE = 256, CERT_FILE, KEY_FILE, NKEY_FILE, CREDENTIALS_FILE };

static const struct option longs[] = {
	{"server", required_argument, NULL, 's'},
	{"bucket", required_argument, NULL, 'b'},
	{"domain", required_argument, NULL, 'd'},
	{"create", no_argument, NULL, 'c'},
	{"replicas", required_argument, NULL, 'r'},
	{"ca-file", required_argument, NULL, CA_FILE},
	{"cert-file", required_argument, NULL, CERT_FILE},
	{"key-file", required_argument, NULL, KEY_FILE},
	{"nkey-file", required_argument, NULL, NKEY_FILE},
	{"credentials-file", required_argument, NULL, CREDENTIALS_FILE},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{},
};

/* False: there is no such option, or its value is bad. */
static bool take_option(struct options *options, int option)
{
	switch (option) {
	case 's':
		options->link.servers = optarg;
		return true;
	case 'b':
		options->bucket = optarg;
		return true;
	case 'd':
		options->domain = optarg;
		return true;
	case 'c':
		options->create = true;
		return true;
	case 'r':
		options->replicas = atoi(optarg);
		return options->replicas >= 1 && options->replicas <= REPLICAS_MAX;
	case CA_FILE:
		options->link.ca_file = optarg;
		return true;
	case CERT_FILE:
		options->link.cert_file = optarg;
		return true;
	case KEY_FILE:
		options->link.key_file = optarg;
		return true;
	case NKEY_FILE:
		options->link.nkey_file = optarg;
		return true;
	case CREDENTIALS_FILE:
		options->link.credentials_file = optarg;
		return true;
	default:
		return false;
	}
}

/* 0: go on; otherwise the process ends with *@ret_status. */
static int parse_options(int argc, char **argv, struct options *options, int *ret_status)
{
	int option;

	*ret_status = EXIT_SUCCESS;
	while ((option = getopt_long(argc, argv, "s:b:d:cr:Vh", longs, NULL)) != -1) {
		if (option == 'V') {
			puts("scorer-publish " SMTPFENCE_VERSION);
			return 1;
		}
		if (option == 'h') {
			usage(stdout);
			return 1;
		}
		if (!take_option(options, option)) {
			*ret_status = EXIT_USAGE;
			return 1;
		}
	}
	if (optind != argc - 1 || !options->link.cert_file != !options->link.key_file) {
		usage(stderr);
		*ret_status = EXIT_USAGE;
		return 1;
	}
	options->file = argv[optind];
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {
		.link = {.servers = SERVER_DEFAULT, .name = "scorer-publish"},
		.bucket = CONFIG_BUCKET_DEFAULT,
		.replicas = 1,
	};
	struct error error = {""};
	int status;

	if (parse_options(argc, argv, &options, &status) != 0)
		return status;
	if (run(&options, &error) < 0) {
		fprintf(stderr, "scorer-publish: %s\n", error.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
