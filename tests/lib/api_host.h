/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The API over its real sockets, with everything real behind it: store, ledger, fence, feeds and
 * the kernel's maps, in network and mount namespaces of their own.
 */
#ifndef SMTPFENCE_TESTS_API_HOST_H
#define SMTPFENCE_TESTS_API_HOST_H

#include <curl/curl.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "api/api.h"
#include "base/log.h"
#include "ledger/outbox.h"
#include "lib/bpffs.h"

#define GROUP	  "adm" /* of every Debian */
#define NOBODY	  65534
#define LISTENER  "http://127.0.0.1:9925"
#define EPISODE	  "2024-05-01T20:58:31Z"
#define TURN_USEC 10000

/* %1$s is the folder of the test. */
#define CONFIGURATION                                                                              \
	"interfaces: [{match: guest0, role: guest}]\n"                                             \
	"policy: {duration: 1h, max: 2h, allow: [192.0.2.53/32]}\n"                                \
	"limits: {blocks: 8, prefixes: 8, sources: 64}\n"                                          \
	"feeds:\n"                                                                                 \
	"  - {name: scorer, kind: scores, type: ndjson, url: \"file://%1$s/scores\"}\n"            \
	"  - {name: list, kind: list, type: list, url: \"file://%1$s/list\"}\n"                    \
	"api: {socket: %1$s/run/socket, group: " GROUP "}\n"                                       \
	"state: %1$s/state/db\n"                                                                   \
	"bpffs: %1$s/bpf/smtpfence\n"

static const char api_host_scores[] =
	"{\"type\":\"snapshot\",\"version\":1,\"serial\":7,\"records\":1,"
	"\"generated\":\"2024-05-01T21:00:00Z\"}\n"
	"{\"ip\":\"192.0.2.66\",\"score\":400,\"detected\":\"" EPISODE "\",\"reason\":\"vade\","
	"\"evidence\":[{\"date\":1385640992,\"destinationIp\":\"203.0.113.25\","
	"\"messageId\":\"a@b\",\"spamscore\":300}]}\n"
	"{\"type\":\"end\",\"serial\":7,\"records\":1}\n";

struct host {
	char folder[BPFFS_FOLDER_MAX];
	char socket[64];
	sd_event *event;
	struct config *config;
	struct store *store;
	struct fence *fence;
	struct ledger *ledger;
	struct counters *counters;
	struct transfers *transfers;
	struct usage *usage;
	struct feeds *feeds;
	struct outbox *outbox;
	struct notify *notify;
	struct api *api;
	struct error error;
	bool unloaded;
};

static inline int unload(void *userdata, struct error *error)
{
	struct host *host = userdata;

	host->unloaded = true;
	return fence_unload(host->config->bpffs, error);
}

static inline struct api_context context_of(struct host *host)
{
	return (struct api_context){.config = host->config,
				    .ledger = host->ledger,
				    .fence = host->fence,
				    .feeds = host->feeds,
				    .notify = host->notify,
				    .store = host->store,
				    .counters = host->counters,
				    .usage = host->usage,
				    .unload = unload,
				    .userdata = host};
}

static inline void on_events(void *userdata)
{
	struct host *host = userdata;

	notify_kick(host->notify);
	api_events_added(host->api);
}

static inline int write_file(const struct host *host, const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", host->folder, name);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	fputs(text, file);
	return fclose(file);
}

static inline int write_configuration(const struct host *host)
{
	char text[1024];

	snprintf(text, sizeof(text), CONFIGURATION, host->folder);
	return write_file(host, "config", text);
}

static inline int make_world(struct host *host)
{
	char path[64];

	snprintf(host->folder, sizeof(host->folder), "/tmp/smtpfence-XXXXXX");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || !mkdtemp(host->folder) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", host->folder, "tmpfs", 0, "mode=0755") < 0)
		return -errno;
	snprintf(path, sizeof(path), "%s/bpf", host->folder);
	if (mkdir(path, 0755) < 0 || mount("bpf", path, "bpf", 0, NULL) < 0)
		return -errno;
	if (system("ip link set lo up && ip link add guest0 type veth peer name peer0 && "
		   "ip link set guest0 up") != 0)
		return -EIO;
	return write_configuration(host) | write_file(host, "scores", api_host_scores) |
	       write_file(host, "list", "198.51.100.0/24\n");
}

static inline int start_notify(struct host *host, struct error *error)
{
	struct notify_outbox outbox;
	int r = outbox_new(host->store, &host->outbox, error);

	if (r < 0)
		return r;
	outbox = outbox_for_notify(host->outbox);
	return notify_new(host->event, host->transfers, host->config, &outbox, &host->notify,
			  error);
}

static inline int start(struct host *host)
{
	struct error *error = &host->error;
	struct api_context context;
	char path[64];
	int r;

	snprintf(host->socket, sizeof(host->socket), "%s/run/socket", host->folder);
	snprintf(path, sizeof(path), "%s/config", host->folder);
	r = config_load(path, &host->config, error);
	if (r == 0)
		r = sd_event_new(&host->event);
	if (r >= 0)
		r = store_open(host->config->state, &host->store, error);
	if (r == 0)
		r = fence_open(host->config, &host->fence, error);
	if (r == 0)
		r = ledger_open(host->event, host->config, host->store, host->fence, &host->ledger,
				error);
	if (r == 0)
		r = fence_watch(host->fence, host->event, ledger_note_interface, host->ledger,
				error);
	if (r == 0)
		r = counters_open(host->config->bpffs, &host->counters, error);
	if (r == 0)
		r = transfers_new(host->event, &host->transfers, error);
	if (r == 0)
		r = usage_new(host->event, host->transfers, host->counters, host->config,
			      &host->usage, error);
	if (r == 0)
		r = feeds_new(host->event, host->config, &ledger_target, host->ledger, &host->feeds,
			      error);
	if (r == 0)
		r = start_notify(host, error);
	if (r < 0)
		return r;
	context = context_of(host);
	r = api_new(host->event, &context, &host->api, error);
	if (r == 0)
		store_watch_audit(host->store, on_events, host);
	return r;
}

static inline int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));
	int r = host ? make_world(host) : -ENOMEM;

	*state = host;
	if (r == 0)
		r = start(host);
	if (r < 0)
		fprintf(stderr, "setup: %s: %s\n", strerror(-r), host ? host->error.text : "");
	return r;
}

static inline int teardown(void **state)
{
	struct host *host = *state;

	store_watch_audit(host->store, NULL, NULL);
	api_free(host->api);
	notify_free(host->notify);
	outbox_free(host->outbox);
	feeds_free(host->feeds);
	usage_free(host->usage);
	transfers_free(host->transfers);
	counters_free(host->counters);
	ledger_free(host->ledger);
	fence_free(host->fence);
	store_free(host->store);
	sd_event_unref(host->event);
	fence_unload(host->config->bpffs, NULL);
	config_free(host->config);
	umount2(host->folder, MNT_DETACH);
	rmdir(host->folder);
	free(host);
	return 0;
}

struct answer {
	long status;
	char *text;
	size_t size;
	char allow[64];
	char link[128];
	char type[64];
	cJSON *json;
};

static inline void answer_clear(struct answer *answer)
{
	cJSON_Delete(answer->json);
	free(answer->text);
	*answer = (struct answer){};
}

static inline size_t take_body(char *data, size_t size, size_t count, void *userdata)
{
	struct answer *answer = userdata;
	char *text = realloc(answer->text, answer->size + size * count + 1);

	if (!text)
		return 0;
	memcpy(text + answer->size, data, size * count);
	answer->text = text;
	answer->size += size * count;
	text[answer->size] = '\0';
	return size * count;
}

static inline size_t take_header(char *data, size_t size, size_t count, void *userdata)
{
	struct answer *answer = userdata;

	sscanf(data, "Allow: %63[^\r\n]", answer->allow);
	sscanf(data, "Link: %127[^\r\n]", answer->link);
	sscanf(data, "Content-Type: %63[^\r\n]", answer->type);
	return size * count;
}

struct call {
	const char *method;
	const char *target; /* a path: on the Unix socket */
	const char *body;   /* NULL: none */
	size_t size;	    /* of the body; 0: strlen() */
	const char *type;   /* NULL: application/json */
};

static inline void set_body(CURL *curl, const struct call *call, struct curl_slist **headers)
{
	char type[64];

	snprintf(type, sizeof(type), "Content-Type: %s",
		 call->type ? call->type : "application/json");
	*headers = curl_slist_append(NULL, type);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
			 (long)(call->size ? call->size : strlen(call->body)));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
}

static inline CURL *prepare(const char *socket, const struct call *call, struct answer *answer,
			    struct curl_slist **headers)
{
	CURL *curl = curl_easy_init();
	char url[512];

	snprintf(url, sizeof(url), "%s%s", call->target[0] == '/' ? "http://localhost" : "",
		 call->target);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	if (call->target[0] == '/')
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(curl, CURLOPT_NOBODY, (long)(strcmp(call->method, "HEAD") == 0));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
	if (call->body)
		set_body(curl, call, headers);
	return curl;
}

static inline void turn(struct host *host)
{
	assert_true(sd_event_run(host->event, TURN_USEC) >= 0);
}

/* Client and server take turns in one thread. */
static inline struct answer send_call(struct host *host, const struct call *call)
{
	struct curl_slist *headers = NULL;
	struct answer answer = {};
	CURL *curl = prepare(host->socket, call, &answer, &headers);
	CURLM *multi = curl_multi_init();
	CURLMsg *message;
	int running = 1, left;

	curl_multi_add_handle(multi, curl);
	while (curl_multi_perform(multi, &running) == CURLM_OK && running)
		turn(host);
	message = curl_multi_info_read(multi, &left);
	assert_non_null(message);
	assert_int_equal(message->data.result, CURLE_OK);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	curl_multi_remove_handle(multi, curl);
	curl_multi_cleanup(multi);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	answer.json = cJSON_Parse(answer.text);
	return answer;
}

/* Like send_call, and the answer must have that status and be JSON. */
static inline struct answer expect(struct host *host, long status, const char *method,
				   const char *target, const char *body)
{
	struct answer answer =
		send_call(host, &(struct call){.method = method, .target = target, .body = body});

	if (answer.status != status)
		fail_msg("%s %s: status %ld, not %ld: %s", method, target, answer.status, status,
			 answer.text);
	assert_non_null(answer.json);
	return answer;
}

static inline const cJSON *field(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item)
		fail_msg("no field \"%s\"", name);
	return item;
}

static inline const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(field(object, name));

	return text ? text : "(no text)";
}

static inline double number_of(const cJSON *object, const char *name)
{
	assert_true(cJSON_IsNumber(field(object, name)));
	return field(object, name)->valuedouble;
}

static inline void assert_null_field(const cJSON *object, const char *name)
{
	if (!cJSON_IsNull(field(object, name)))
		fail_msg("\"%s\" is not null", name);
}

static inline const cJSON *find(const cJSON *array, const char *name, const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, array) {
		if (strcmp(text_of(item, name), value) == 0)
			return item;
	}
	fail_msg("no element with %s \"%s\"", name, value);
	return NULL;
}

static inline void block(struct host *host, const char *body)
{
	struct answer answer = expect(host, 200, "POST", "/v1/blocks", body);

	answer_clear(&answer);
}

static inline void await_feeds(struct host *host)
{
	for (int i = 0; i < 1000; i++) {
		if (feeds_report(host->feeds, 0).state == FEED_OK &&
		    feeds_report(host->feeds, 1).state == FEED_OK)
			return;
		turn(host);
	}
	fail_msg("feeds: %s, %s", feeds_report(host->feeds, 0).error,
		 feeds_report(host->feeds, 1).error);
}

/* In a process of its own: becomes somebody, asks, and ends with 0 if the status is right. */
static inline void ask_as(const char *socket, const gid_t *groups, size_t count,
			  const struct call *call, long status)
{
	struct curl_slist *headers = NULL;
	struct answer answer = {};
	CURL *curl = prepare(socket, call, &answer, &headers);

	if (setgroups(count, groups) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	if (curl_easy_perform(curl) != CURLE_OK)
		_exit(3);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	if (answer.status != status)
		fprintf(stderr, "%s %s: %ld %s\n", call->method, call->target, answer.status,
			answer.text);
	_exit(answer.status == status ? 0 : 1);
}

static inline void assert_answered_as(struct host *host, const gid_t *groups, size_t count,
				      const struct call *call, long status)
{
	pid_t child = fork();
	int result;

	assert_true(child >= 0);
	if (child == 0)
		ask_as(host->socket, groups, count, call, status);
	while (waitpid(child, &result, WNOHANG) == 0)
		turn(host);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
