/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The API over its real sockets, with everything real behind it: store, ledger, fence, feeds and
 * the kernel's maps, in network and mount namespaces of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <curl/curl.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "api/api.h"
#include "base/log.h"
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

static const char scores[] =
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
	struct feeds *feeds;
	struct api *api;
	struct error error;
	bool unloaded;
};

static int unload(void *userdata, struct error *error)
{
	struct host *host = userdata;

	host->unloaded = true;
	return fence_unload(host->config->bpffs, error);
}

static struct api_context context_of(struct host *host)
{
	return (struct api_context){.config = host->config,
				    .ledger = host->ledger,
				    .fence = host->fence,
				    .feeds = host->feeds,
				    .store = host->store,
				    .counters = host->counters,
				    .unload = unload,
				    .userdata = host};
}

static int write_file(const struct host *host, const char *name, const char *text)
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

static int write_configuration(const struct host *host)
{
	char text[1024];

	snprintf(text, sizeof(text), CONFIGURATION, host->folder);
	return write_file(host, "config", text);
}

static int make_world(struct host *host)
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
	return write_configuration(host) | write_file(host, "scores", scores) |
	       write_file(host, "list", "198.51.100.0/24\n");
}

static int start(struct host *host)
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
		r = fence_watch(host->fence, host->event, NULL, NULL, error);
	if (r == 0)
		r = counters_open(host->config->bpffs, &host->counters, error);
	if (r == 0)
		r = feeds_new(host->event, host->config, ledger_apply, host->ledger, &host->feeds,
			      error);
	if (r < 0)
		return r;
	context = context_of(host);
	return api_new(host->event, &context, &host->api, error);
}

static int setup(void **state)
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

static int teardown(void **state)
{
	struct host *host = *state;

	api_free(host->api);
	feeds_free(host->feeds);
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
	char type[64];
	cJSON *json;
};

static void answer_clear(struct answer *answer)
{
	cJSON_Delete(answer->json);
	free(answer->text);
	*answer = (struct answer){};
}

static size_t take_body(char *data, size_t size, size_t count, void *userdata)
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

static size_t take_header(char *data, size_t size, size_t count, void *userdata)
{
	struct answer *answer = userdata;

	sscanf(data, "Allow: %63[^\r\n]", answer->allow);
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

static void set_body(CURL *curl, const struct call *call, struct curl_slist **headers)
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

static CURL *prepare(const char *socket, const struct call *call, struct answer *answer,
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

static void turn(struct host *host)
{
	assert_true(sd_event_run(host->event, TURN_USEC) >= 0);
}

/* Client and server take turns in one thread. */
static struct answer send_call(struct host *host, const struct call *call)
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
static struct answer expect(struct host *host, long status, const char *method, const char *target,
			    const char *body)
{
	struct answer answer =
		send_call(host, &(struct call){.method = method, .target = target, .body = body});

	if (answer.status != status)
		fail_msg("%s %s: status %ld, not %ld: %s", method, target, answer.status, status,
			 answer.text);
	assert_non_null(answer.json);
	return answer;
}

static const cJSON *field(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item)
		fail_msg("no field \"%s\"", name);
	return item;
}

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(field(object, name));

	return text ? text : "(no text)";
}

static double number_of(const cJSON *object, const char *name)
{
	assert_true(cJSON_IsNumber(field(object, name)));
	return field(object, name)->valuedouble;
}

static void assert_null_field(const cJSON *object, const char *name)
{
	if (!cJSON_IsNull(field(object, name)))
		fail_msg("\"%s\" is not null", name);
}

static const cJSON *find(const cJSON *array, const char *name, const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, array) {
		if (strcmp(text_of(item, name), value) == 0)
			return item;
	}
	fail_msg("no element with %s \"%s\"", name, value);
	return NULL;
}

static void block(struct host *host, const char *body)
{
	struct answer answer = expect(host, 200, "POST", "/v1/blocks", body);

	answer_clear(&answer);
}

static void await_feeds(struct host *host)
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

static void test_refusals(void **state)
{
	static const struct {
		long status;
		struct call call;
		const char *message; /* part of it */
	} cases[] = {
		{404, {"GET", "/", NULL, 0, NULL}, "no such resource"},
		{404, {"GET", "/v1/status/", NULL, 0, NULL}, "no such resource"},
		{404, {"GET", "/v1/blocks/192.0.2.0/24", NULL, 0, NULL}, "no such resource"},
		{405, {"DELETE", "/v1/status", NULL, 0, NULL}, "only GET"},
		{405, {"PUT", "/v1/blocks", "{}", 0, NULL}, "only GET, HEAD, POST"},
		{405, {"GET", "/v1/unload", NULL, 0, NULL}, "only POST"},
		{400, {"GET", "/v1/blocks?stat=unblocked", NULL, 0, NULL}, "parameter \"stat\""},
		{400, {"GET", "/v1/blocks?state=dead", NULL, 0, NULL}, "state: \"dead\""},
		{400, {"GET", "/v1/blocks?in=192.0.2.1/24", NULL, 0, NULL}, "in: \"192.0.2.1/24\""},
		{400, {"GET", "/v1/blocks/nonsense", NULL, 0, NULL}, "prefix: \"nonsense\""},
		{400, {"GET", "/v1/blocks/192.0.2.1%00", NULL, 0, NULL}, "NUL"},
		{404, {"GET", "/v1/blocks/192.0.2.200", NULL, 0, NULL}, "192.0.2.200"},
		{400, {"GET", "/v1/check", NULL, 0, NULL}, "source: missing"},
		{400, {"GET", "/v1/check?source=192.0.2.0/24", NULL, 0, NULL}, "single"},
		{400, {"GET", "/v1/counters?sort=size", NULL, 0, NULL}, "sort: \"size\""},
		{400, {"GET", "/v1/counters?top=-1", NULL, 0, NULL}, "top: \"-1\""},
		{400, {"GET", "/v1/events?limit=1001", NULL, 0, NULL}, "limit: \"1001\""},
		{415, {"POST", "/v1/blocks", "{}", 0, "text/plain"}, "application/json"},
		{415, {"POST", "/v1/blocks", "{}", 0, "application/jsonp"}, "application/json"},
		{415, {"POST", "/v1/blocks", "{}", 0, "application"}, "application/json"},
		{415, {"POST", "/v1/blocks", "{}", 0, ""}, "application/json"},
		{400, {"POST", "/v1/blocks", "{}", 0, "Application/JSON; charset=x"}, "missing"},
		{400, {"POST", "/v1/blocks", "[]", 0, NULL}, "not a JSON object"},
		{400, {"POST", "/v1/blocks", "{} {}", 0, NULL}, "not a JSON object"},
		{400, {"POST", "/v1/blocks", "{}\0{", 4, NULL}, "not a JSON object"},
		{400, {"POST", "/v1/blocks", NULL, 0, NULL}, "prefix: missing"},
		{400, {"POST", "/v1/blocks", "{\"prefx\":\"192.0.2.1\"}", 0, NULL}, "\"prefx\""},
		{400, {"POST", "/v1/blocks", "{\"prefix\":1}", 0, NULL}, "prefix: must be"},
		{400, {"POST", "/v1/blocks", "{\"prefix\":\"x\"}", 0, NULL}, "prefix: \"x\""},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"prefix\":\"192.0.2.2\"}", 0,
		  NULL},
		 "prefix: stands there twice"},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"time\":1.5}", 0, NULL},
		 "time: must be"},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"force\":1}", 0, NULL},
		 "force: must be"},
		{400,
		 {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.1\",\"time\":7201}", 0, NULL},
		 ""},
		{409, {"POST", "/v1/blocks", "{\"prefix\":\"192.0.2.53\"}", 0, NULL}, "192.0.2.53"},
		{409, {"POST", "/v1/blocks", "{\"prefix\":\"10.0.0.0/8\"}", 0, NULL}, ""},
		{404, {"POST", "/v1/blocks/192.0.2.9/unblock", "{}", 0, NULL}, "not blocked"},
		{409, {"POST", "/v1/allow", "{\"prefix\":\"192.0.2.53\"}", 0, NULL}, "192.0.2.53"},
		{404, {"DELETE", "/v1/allow/192.0.2.9", NULL, 0, NULL}, ""},
		{409, {"DELETE", "/v1/allow/192.0.2.53", NULL, 0, NULL}, "policy.allow"},
		{400, {"PUT", "/v1/mode", "{\"mode\":\"off\"}", 0, NULL}, "mode: \"off\""},
		{400, {"PUT", "/v1/mode", "{}", 0, NULL}, "mode: missing"},
	};
	struct host *host = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct answer answer = send_call(host, &cases[i].call);

		if (answer.status != cases[i].status ||
		    !strstr(text_of(answer.json, "message"), cases[i].message))
			fail_msg("%s %s %s: %ld %s", cases[i].call.method, cases[i].call.target,
				 cases[i].call.body, answer.status, answer.text);
		assert_string_equal(answer.type, "application/json");
		answer_clear(&answer);
	}
}

static void test_allow_header(void **state)
{
	struct answer answer = expect(*state, 405, "DELETE", "/v1/blocks", NULL);

	assert_string_equal(answer.allow, "GET, HEAD, POST");
	answer_clear(&answer);
}

static void test_size_of_bodies(void **state)
{
	static const struct {
		size_t size;
		long status;
	} cases[] = {
		{64 << 10, 400}, /* read, and not JSON */
		{(64 << 10) + 1, 413},
		{1 << 20, 413},
		{8 << 20, 413},
	};
	struct host *host = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *body = calloc(1, cases[i].size);
		struct answer answer;

		memset(body, ' ', cases[i].size);
		answer = send_call(host, &(struct call){.method = "POST",
							.target = "/v1/blocks",
							.body = body,
							.size = cases[i].size});
		free(body);
		assert_int_equal(answer.status, cases[i].status);
		assert_non_null(strstr(text_of(answer.json, "message"), "body"));
		answer_clear(&answer);
	}
}

static void test_life_of_a_block(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 200, "POST", "/v1/blocks",
			"{\"prefix\":\"192.0.2.1\",\"time\":600,\"reason\":\"by hand\"}");
	assert_string_equal(text_of(answer.json, "prefix"), "192.0.2.1/32");
	assert_string_equal(text_of(answer.json, "action"), "drop");
	assert_string_equal(text_of(answer.json, "state"), "blockedForSpam");
	assert_string_equal(text_of(answer.json, "reason"), "by hand");
	assert_true(number_of(answer.json, "time") == 600);
	assert_in_range(number_of(answer.json, "remaining"), 590, 600);
	assert_true(number_of(answer.json, "hit_packets") == 0);
	assert_string_equal(field(answer.json, "sources")->child->valuestring, "manual");
	answer_clear(&answer);

	answer = expect(host, 409, "POST", "/v1/blocks/192.0.2.1%2F32/unblock", "{}");
	assert_non_null(
		strstr(text_of(answer.json, "message"), "This IP address is still blocked for "));
	answer_clear(&answer);

	answer = expect(host, 200, "POST", "/v1/blocks/192.0.2.1/unblock", "{\"force\":true}");
	assert_string_equal(text_of(answer.json, "state"), "unblocked");
	assert_null_field(answer.json, "remaining");
	answer_clear(&answer);

	answer = expect(host, 404, "POST", "/v1/blocks/192.0.2.1/unblock", NULL);
	answer_clear(&answer);
}

static void test_list_and_its_filters(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	block(host, "{\"prefix\":\"2001:db8::1\"}");
	answer = expect(host, 200, "GET", "/v1/blocks", NULL);
	assert_string_equal(text_of(find(answer.json, "prefix", "2001:db8::/64"), "action"),
			    "drop");
	assert_string_equal(text_of(find(answer.json, "prefix", "192.0.2.53/32"), "action"),
			    "allow");
	answer_clear(&answer);
	answer =
		expect(host, 200, "GET", "/v1/blocks?in=192.0.2.0%2F25&state=blockedForSpam", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	assert_string_equal(text_of(answer.json->child, "prefix"), "192.0.2.66/32");
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/blocks?state=unblocked", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 0);
	answer_clear(&answer);
}

static void test_a_listing_has_no_sentence(void **state)
{
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	answer = expect(host, 200, "GET", "/v1/blocks/198.51.100.0%2F24", NULL);
	assert_string_equal(text_of(answer.json, "state"), "blockedForSpam");
	assert_string_equal(field(answer.json, "sources")->child->valuestring, "list");
	assert_null_field(answer.json, "score");
	assert_null_field(answer.json, "date");
	assert_null_field(answer.json, "time");
	assert_null_field(answer.json, "remaining");
	assert_null_field(answer.json, "offences");
	assert_null_field(answer.json, "reason");
	answer_clear(&answer);
	answer = expect(host, 409, "POST", "/v1/blocks/198.51.100.0%2F24/unblock",
			"{\"force\":true}");
	assert_non_null(strstr(text_of(answer.json, "message"), "list"));
	answer_clear(&answer);
}

static void test_show(void **state)
{
	struct host *host = *state;
	const cJSON *evidence;
	struct answer answer;

	await_feeds(host);
	answer = expect(host, 200, "GET", "/v1/blocks/192.0.2.66", NULL);
	assert_true(number_of(answer.json, "score") == 400);
	assert_true(number_of(answer.json, "offences") == 1);
	evidence = field(answer.json, "evidence")->child;
	assert_string_equal(text_of(evidence, "date"), "2013-11-28T12:16:32Z");
	assert_string_equal(text_of(evidence, "destination"), "203.0.113.25");
	assert_string_equal(text_of(evidence, "message_id"), "a@b");
	assert_true(number_of(evidence, "spam_score") == 300);
	assert_string_equal(text_of(evidence, "source"), "scorer");
	find(field(answer.json, "events"), "event", "blocked");
	assert_true(cJSON_IsArray(field(answer.json, "counters")));
	answer_clear(&answer);
}

static void test_check(void **state)
{
	struct host *host = *state;
	struct answer answer;

	block(host, "{\"prefix\":\"192.0.2.1\",\"time\":600}");
	answer = expect(host, 200, "GET", "/v1/check?source=192.0.2.1", NULL);
	assert_string_equal(text_of(answer.json, "verdict"), "drop");
	assert_string_equal(text_of(answer.json, "prefix"), "192.0.2.1/32");
	assert_in_range(number_of(answer.json, "remaining"), 590, 600);
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/check?source=192.0.2.2&destination=203.0.113.9",
			NULL);
	assert_string_equal(text_of(answer.json, "verdict"), "pass");
	assert_string_equal(text_of(answer.json, "destination"), "203.0.113.9");
	answer_clear(&answer);
}

static void test_allowlist(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 200, "POST", "/v1/allow",
			"{\"prefix\":\"192.0.2.7\",\"reason\":\"a \\u001b[31mrelay\"}");
	assert_string_equal(text_of(answer.json, "origin"), "manual");
	assert_string_equal(text_of(answer.json, "reason"), "a ?[31mrelay");
	answer_clear(&answer);
	answer = expect(host, 409, "POST", "/v1/allow", "{\"prefix\":\"192.0.2.7\"}");
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/allow", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 2);
	assert_null_field(find(answer.json, "origin", "config"), "added");
	assert_string_equal(text_of(find(answer.json, "origin", "manual"), "prefix"),
			    "192.0.2.7/32");
	answer_clear(&answer);
	answer = expect(host, 200, "DELETE", "/v1/allow/192.0.2.7%2F32", NULL);
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/allow", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	answer_clear(&answer);
}

static void test_mode(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 200, "PUT", "/v1/mode", "{\"mode\":\"monitor\"}");
	assert_string_equal(text_of(answer.json, "mode"), "monitor");
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/status", NULL);
	assert_string_equal(text_of(answer.json, "mode"), "monitor");
	assert_true(cJSON_IsFalse(field(answer.json, "enforcing")));
	answer_clear(&answer);
}

static void test_events(void **state)
{
	struct host *host = *state;
	struct answer answer;
	const cJSON *event;
	char target[64];

	await_feeds(host);
	block(host, "{\"prefix\":\"192.0.2.1\"}");
	answer = expect(host, 200, "GET", "/v1/events?limit=1", NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	event = answer.json->child;
	assert_string_equal(text_of(event, "event"), "blocked");
	assert_string_equal(text_of(event, "prefix"), "192.0.2.1/32");
	assert_string_equal(text_of(event, "state"), "blockedForSpam");
	assert_int_equal(cJSON_GetArraySize(field(event, "evidence")), 0);
	snprintf(target, sizeof(target), "/v1/events?after=%.0f", number_of(event, "id"));
	answer_clear(&answer);
	answer = expect(host, 200, "GET", target, NULL);
	assert_int_equal(cJSON_GetArraySize(answer.json), 0);
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/events?after=0", NULL);
	event = find(answer.json, "prefix", "192.0.2.66/32");
	assert_int_equal(cJSON_GetArraySize(field(event, "evidence")), 1);
	answer_clear(&answer);
}

static void test_version(void **state)
{
	struct answer answer = expect(*state, 200, "GET", "/v1/version", NULL);

	assert_string_equal(text_of(answer.json, "version"), SMTPFENCE_VERSION);
	assert_int_equal(strlen(text_of(answer.json, "schema")), 16);
	assert_true(number_of(answer.json, "pid") == getpid());
	answer_clear(&answer);
}

static void test_interfaces_and_counters(void **state)
{
	struct host *host = *state;
	struct answer answer = expect(host, 200, "GET", "/v1/interfaces", NULL);

	assert_int_equal(cJSON_GetArraySize(answer.json), 1);
	assert_string_equal(text_of(answer.json->child, "name"), "guest0");
	assert_string_equal(text_of(answer.json->child, "role"), "guest");
	assert_string_equal(text_of(answer.json->child, "hook"), "xdp-generic");
	assert_true(cJSON_IsTrue(field(answer.json->child, "covered")));
	answer_clear(&answer);
	answer = expect(host, 200, "GET", "/v1/counters?sort=bytes&top=3", NULL);
	assert_true(cJSON_IsArray(answer.json));
	answer_clear(&answer);
}

static void test_status_and_health(void **state)
{
	struct host *host = *state;
	const cJSON *feed;
	struct answer answer;

	await_feeds(host);
	answer = expect(host, 200, "GET", "/v1/status", NULL);
	assert_true(cJSON_IsTrue(field(answer.json, "enforcing")));
	assert_true(cJSON_IsFalse(field(answer.json, "degraded")));
	assert_true(number_of(field(answer.json, "interfaces"), "covered") == 1);
	feed = find(field(answer.json, "feeds"), "name", "scorer");
	assert_string_equal(text_of(feed, "state"), "ok");
	assert_true(number_of(feed, "serial") == 7);
	assert_true(number_of(feed, "records") == 1);
	assert_null_field(feed, "error");
	assert_true(number_of(find(field(answer.json, "maps"), "name", "blocks"), "entries") == 1);
	assert_true(number_of(answer.json, "drift") == 0);
	assert_string_equal(text_of(answer.json, "version"), SMTPFENCE_VERSION);
	answer_clear(&answer);

	answer = send_call(host, &(struct call){.method = "GET", .target = "/healthz"});
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.text, "ok\n");
	answer_clear(&answer);
}

static void assert_problem(struct host *host, const char *part)
{
	struct answer answer = expect(host, 200, "GET", "/v1/status", NULL);
	const cJSON *problem;
	bool found = false;

	assert_true(cJSON_IsTrue(field(answer.json, "degraded")));
	cJSON_ArrayForEach (problem, field(answer.json, "problems"))
		found |= strstr(problem->valuestring, part) != NULL;
	if (!found)
		fail_msg("no problem with \"%s\": %s", part, answer.text);
	answer_clear(&answer);
	answer = send_call(host, &(struct call){.method = "GET", .target = "/healthz"});
	assert_int_equal(answer.status, 503);
	assert_non_null(strstr(answer.text, part));
	answer_clear(&answer);
}

static void test_a_refused_feed_is_a_problem(void **state)
{
	struct host *host = *state;

	await_feeds(host);
	assert_int_equal(write_file(host, "list", "nonsense\n"), 0);
	feeds_sync(host->feeds, "list");
	for (int i = 0; i < 1000 && feeds_report(host->feeds, 1).state != FEED_ERROR; i++)
		turn(host);
	assert_problem(host, "feed list: error: ");
}

static void test_what_the_daemon_knows_is_a_problem(void **state)
{
	static const char *const problems[] = {"the last reload failed: line 7"};
	struct host *host = *state;
	struct api_context context = context_of(host);

	context.problems = problems;
	context.problem_count = 1;
	api_reconfigure(host->api, &context);
	assert_problem(host, problems[0]);
}

static void test_a_full_map(void **state)
{
	struct host *host = *state;
	struct answer answer;
	char body[64];

	for (unsigned int i = 0; i < 8; i++) {
		snprintf(body, sizeof(body), "{\"prefix\":\"192.0.2.%u\"}", 100 + i);
		answer = send_call(
			host,
			&(struct call){.method = "POST", .target = "/v1/blocks", .body = body});
		answer_clear(&answer);
	}
	answer = expect(host, 507, "POST", "/v1/blocks", "{\"prefix\":\"192.0.2.99\"}");
	assert_non_null(strstr(text_of(answer.json, "message"), "limits"));
	answer_clear(&answer);
	assert_problem(host, "map blocks holds 8 of at most 8 entries");
	assert_problem(host, "not in force");
}

static void test_an_uncovered_interface_is_a_problem(void **state)
{
	struct host *host = *state;

	assert_int_equal(system("ip link del guest0"), 0);
	for (int i = 0; i < 1000 && fence_interface_count(host->fence) > 0; i++)
		turn(host);
	assert_problem(host, "no interface is covered");
}

static double sample_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		fail_msg("not there: %s", name);
	return at ? strtod(at + strlen(name), NULL) : 0;
}

/* No change takes longer than the last bucket: it has them all, if buckets are summed up. */
static void assert_buckets_are_cumulative(const char *text)
{
	double count = sample_of(text, "smtpfence_apply_seconds_count ");
	char last[64];

	snprintf(last, sizeof(last), "smtpfence_apply_seconds_bucket{le=\"%g\"} ",
		 ledger_buckets[ARRAY_SIZE(ledger_buckets) - 1]);
	assert_true(count > 0);
	assert_true(sample_of(text, last) == count);
}

static void test_metrics(void **state)
{
	static const char *const lines[] = {
		"smtpfence_build_info{version=\"",
		"smtpfence_enforcing 1\n",
		"smtpfence_packets_total{verdict=\"drop\",family=\"ipv4\"} 0\n",
		"smtpfence_bytes_total{verdict=\"pass\",family=\"ipv6\"} 0\n",
		"smtpfence_connection_attempts_total{verdict=\"drop\",family=\"ipv6\"} 0\n",
		"smtpfence_frames_total{reason=\"blocked_malformed\"} 0\n",
		"smtpfence_blocks{state=\"blockedForSpam\",family=\"ipv4\"} 2\n",
		"smtpfence_blocks{state=\"unblocking\",family=\"ipv6\"} 0\n",
		"smtpfence_transitions_total{to=\"blockedForSpam\"} ",
		"smtpfence_feed_last_success_timestamp_seconds{feed=\"scorer\"} 1",
		"smtpfence_feed_errors_total{feed=\"list\",kind=\"parse\"} 0\n",
		"smtpfence_feed_records{feed=\"list\"} 1\n",
		"smtpfence_feed_held{feed=\"scorer\"} 0\n",
		"smtpfence_map_entries{map=\"blocks\"} 1\n",
		"smtpfence_map_max_entries{map=\"blocks\"} 8\n",
		"smtpfence_drift_total{kind=\"missing\"} 0\n",
		"smtpfence_interface_covered{interface=\"guest0\",hook=\"xdp-generic\"} 1\n",
		"# TYPE smtpfence_apply_seconds histogram\n",
		"smtpfence_apply_seconds_bucket{le=\"+Inf\"} ",
	};
	struct host *host = *state;
	struct answer answer;

	await_feeds(host);
	answer = send_call(host, &(struct call){.method = "GET", .target = LISTENER "/metrics"});
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.type, "text/plain; version=0.0.4");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!strstr(answer.text, lines[i]))
			fail_msg("not there: %s\n%s", lines[i], answer.text);
	}
	assert_buckets_are_cumulative(answer.text);
	answer_clear(&answer);
}

static void test_the_listener_serves_only_what_is_public(void **state)
{
	struct host *host = *state;
	struct answer answer;

	answer = expect(host, 404, "GET", LISTENER "/v1/status", NULL);
	answer_clear(&answer);
	answer = expect(host, 404, "POST", LISTENER "/v1/unload", NULL);
	answer_clear(&answer);
	answer = expect(host, 405, "POST", LISTENER "/metrics", NULL);
	assert_string_equal(answer.allow, "GET, HEAD");
	answer_clear(&answer);
	answer = send_call(host, &(struct call){.method = "HEAD", .target = LISTENER "/healthz"});
	assert_true(answer.status == 200 || answer.status == 503);
	assert_int_equal(answer.size, 0);
	answer_clear(&answer);
}

/* In a process of its own: becomes somebody, asks, and ends with 0 if the status is right. */
static void ask_as(const char *socket, const gid_t *groups, size_t count, const struct call *call,
		   long status)
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

static void assert_answered_as(struct host *host, const gid_t *groups, size_t count,
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

static void test_strangers_are_refused(void **state)
{
	struct host *host = *state;

	/* Past the socket's mode, which alone would keep them out. */
	assert_int_equal(chmod(host->socket, 0666), 0);
	assert_answered_as(host, NULL, 0, &(struct call){"GET", "/v1/status", NULL, 0, NULL}, 403);
	assert_answered_as(host, (gid_t[]){1, 2}, 2,
			   &(struct call){"PUT", "/v1/mode", "{\"mode\":\"monitor\"}", 0, NULL},
			   403);
	assert_answered_as(host, NULL, 0, &(struct call){"GET", "/nowhere", NULL, 0, NULL}, 403);
	assert_int_equal(fence_mode(host->fence), SMTPFENCE_MODE_ENFORCE);
}

static void test_members_of_the_group_are_served(void **state)
{
	struct host *host = *state;
	const gid_t groups[] = {1, getgrnam(GROUP)->gr_gid};

	assert_answered_as(host, groups, 2, &(struct call){"GET", "/v1/status", NULL, 0, NULL},
			   200);
	assert_answered_as(host, groups, 2,
			   &(struct call){"PUT", "/v1/mode", "{\"mode\":\"monitor\"}", 0, NULL},
			   200);
	assert_int_equal(fence_mode(host->fence), SMTPFENCE_MODE_MONITOR);
}

static void test_unload_is_for_root(void **state)
{
	struct host *host = *state;
	const gid_t group = getgrnam(GROUP)->gr_gid;
	struct answer answer;

	assert_answered_as(host, &group, 1, &(struct call){"POST", "/v1/unload", NULL, 0, NULL},
			   403);
	assert_false(host->unloaded);
	answer = expect(host, 200, "POST", "/v1/unload", NULL);
	assert_true(host->unloaded);
	answer_clear(&answer);
}

static void test_the_socket_goes_with_the_api(void **state)
{
	struct host *host = *state;

	assert_int_equal(access(host->socket, F_OK), 0);
	api_free(STEAL(host->api));
	assert_int_equal(access(host->socket, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refusals),
		TEST(test_allow_header),
		TEST(test_size_of_bodies),
		TEST(test_life_of_a_block),
		TEST(test_list_and_its_filters),
		TEST(test_a_listing_has_no_sentence),
		TEST(test_show),
		TEST(test_check),
		TEST(test_allowlist),
		TEST(test_mode),
		TEST(test_events),
		TEST(test_version),
		TEST(test_interfaces_and_counters),
		TEST(test_status_and_health),
		TEST(test_a_refused_feed_is_a_problem),
		TEST(test_what_the_daemon_knows_is_a_problem),
		TEST(test_a_full_map),
		TEST(test_an_uncovered_interface_is_a_problem),
		TEST(test_metrics),
		TEST(test_the_listener_serves_only_what_is_public),
		TEST(test_strangers_are_refused),
		TEST(test_members_of_the_group_are_served),
		TEST(test_unload_is_for_root),
		TEST(test_the_socket_goes_with_the_api),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
