/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transfers against a real web server: nginx, with a certificate of a made-up authority. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/clock.h"
#include "transfer/transfer.h"

#define PATIENCE_NS (20 * NSEC_PER_SEC)
#define RUN_USEC    100000
#define TIME_LIMIT  20
#define MIB	    (1024UL * 1024)
#define BOMB_SIZE   (16 * MIB)
#define BODY_KEPT   4096

/* Ports of the server's: https, https for those with a certificate, http. */
#define HTTPS	"https://127.0.0.1:8443"
#define OTHER	"https://127.0.0.1:8444"
#define MUTUAL	"https://127.0.0.1:8445"
#define HTTP	"http://127.0.0.1:8080"
#define NOBODY	"https://127.0.0.1:8449"
#define SILENT	"http://127.0.0.1:8446"
#define SILENCE 8446

static const char configuration[] =
	"daemon off; user root; pid nginx.pid; error_log error.log; worker_processes 1;\n"
	"events {}\n"
	"http {\n"
	"  access_log off; root www; etag on; default_type text/plain; gzip_types *;\n"
	"  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n"
	"  uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n"
	"  ssl_certificate server.crt; ssl_certificate_key server.key;\n"
	"  server {\n"
	"    listen 127.0.0.1:8443 ssl http2; listen 127.0.0.1:8080;\n"
	"    location /packed { gzip on; gzip_min_length 1; }\n"
	"    location /headers { return 200 '$request_method $http_x_api_key'; }\n"
	"    location /upload { dav_methods PUT; }\n"
	"    location /near { return 302 /headers; }\n"
	"    location /far { return 302 https://127.0.0.1:8444/headers; }\n"
	"    location /down { return 302 http://127.0.0.1:8080/headers; }\n"
	"    location /loop { return 302 /loop; }\n"
	"    location /busy { add_header Retry-After 17 always; return 503 'not now'; }\n"
	"    location /slow { limit_rate 100; }\n"
	"    location /cut { add_header Content-Encoding gzip; }\n"
	"    location /brotli { add_header Content-Encoding br; }\n"
	"    location /unframed { gzip on; gzip_min_length 1; chunked_transfer_encoding off; }\n"
	"  }\n"
	"  server {\n"
	"    listen 127.0.0.1:8444 ssl;\n"
	"    location /headers { return 200 '$request_method $http_x_api_key'; }\n"
	"  }\n"
	"  server {\n"
	"    listen 127.0.0.1:8445 ssl; ssl_verify_client on; ssl_client_certificate ca.crt;\n"
	"    location / { return 200 '$ssl_client_s_dn'; }\n"
	"  }\n"
	"}\n";

/* What "192.0.2.1\n192.0.2.2\n" is packed, whole, cut, twice, and with something behind it. */
static const char make_packed[] =
	"printf '192.0.2.1\\n192.0.2.2\\n' | gzip -n >www/cut.whole && cd www &&"
	"head -c -1 cut.whole >cut.by1 && head -c 20 cut.whole >cut.to20 && : >cut.to0 &&"
	"cat cut.whole cut.whole >cut.twice && (cat cut.whole; echo 192.0.2.3) >cut.more &&"
	"cp cut.whole brotli";

static const char make_certificates[] =
	"exec >openssl.log 2>&1 && mkdir -p www/upload &&"
	"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=test authority' "
	"  -keyout ca.key -out ca.crt &&"
	"printf 'subjectAltName=IP:127.0.0.1' >names &&"
	"for who in server client; do"
	"  openssl req -new -newkey rsa:2048 -nodes -subj /CN=$who -keyout $who.key -out $who.csr "
	"&&"
	"  openssl x509 -req -in $who.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
	"    -extfile names -out $who.crt || exit; "
	"done";

static struct server {
	char folder[64];
	pid_t nginx;
	sd_event *event;
	struct transfers *transfers;
} server;

/* What became of one transfer. */
struct outcome {
	unsigned int calls;
	int code;
	struct error error;
	struct transfer_result result; /* strings apart */
	char etag[128];
	char content_type[64];
	char body[BODY_KEPT]; /* the beginning */
	uint64_t size;
	int refuse; /* what `write` answers */
};

static int write_body(const void *data, size_t size, void *userdata, struct error *error)
{
	struct outcome *outcome = userdata;

	if (outcome->refuse < 0)
		return error_set(error, outcome->refuse, "line 1 is bad");
	if (outcome->size + size < sizeof(outcome->body))
		memcpy(outcome->body + outcome->size, data, size);
	outcome->size += size;
	return 0;
}

static void note_done(int code, const struct transfer_result *result, const struct error *error,
		      void *userdata)
{
	struct outcome *outcome = userdata;

	outcome->calls++;
	outcome->code = code;
	outcome->error = *error;
	outcome->result = *result;
	snprintf(outcome->etag, sizeof(outcome->etag), "%s", result->etag ? result->etag : "");
	snprintf(outcome->content_type, sizeof(outcome->content_type), "%s",
		 result->content_type ? result->content_type : "");
}

static const char *file(const char *name)
{
	static char paths[4][128];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", server.folder, name);
	return path;
}

static void make_file(const char *name, const char *content, size_t size)
{
	int fd = open(file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static void wait_for_server(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(8445),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (clock_boot_ns() < end) {
		_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return;
		assert_int_equal(waitpid(server.nginx, NULL, WNOHANG), 0);
		usleep(10000);
	}
	fail_msg("nginx does not listen");
}

static int set_up(void **state)
{
	char *arguments[] = {"nginx", "-p", server.folder, "-c", "nginx.conf", NULL};
	char *environment[] = {NULL};
	struct error error;

	(void)state;
	if (geteuid() != 0)
		return 0;
	strcpy(server.folder, "/tmp/smtpfence-transfer.XXXXXX");
	if (unshare(CLONE_NEWNET) < 0 || system("ip link set lo up") != 0 ||
	    !mkdtemp(server.folder) || chdir(server.folder) < 0 || system(make_certificates) != 0)
		return -1;
	make_file("nginx.conf", configuration, strlen(configuration));
	if (system(make_packed) != 0)
		return -1;
	make_file("www/plain", "192.0.2.1\n", 10);
	make_file("www/unframed", "192.0.2.1\n", 10);
	make_file("www/packed", "", BOMB_SIZE);
	make_file("www/slow", "", MIB);
	if (posix_spawn(&server.nginx, "/usr/sbin/nginx", NULL, NULL, arguments, environment) != 0)
		return -1;
	wait_for_server();
	if (sd_event_new(&server.event) < 0)
		return -1;
	return transfers_new(server.event, &server.transfers, &error);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	if (geteuid() != 0)
		return 0;
	transfers_free(server.transfers);
	sd_event_unref(server.event);
	kill(server.nginx, SIGTERM);
	waitpid(server.nginx, NULL, 0);
	snprintf(command, sizeof(command), "rm -r %s", server.folder);
	return system(command);
}

#define SKIP_UNLESS_ROOT()                                                                         \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip();                                                                    \
	} while (0)

static struct transfer_request request_to(const char *url, struct outcome *outcome)
{
	return (struct transfer_request){
		.url = url,
		.ca_file = file("ca.crt"),
		.time_limit = TIME_LIMIT,
		.size_limit = MIB,
		.write = write_body,
		.done = note_done,
		.userdata = outcome,
	};
}

static struct transfer *start(const struct transfer_request *request)
{
	struct transfer *transfer = NULL;
	struct error error = {};

	if (transfer_start(server.transfers, request, &transfer, &error) < 0)
		fail_msg("%s", error.text);
	return transfer;
}

static void wait_for(const struct outcome *outcome)
{
	uint64_t end = clock_boot_ns() + PATIENCE_NS;

	while (outcome->calls == 0 && clock_boot_ns() < end)
		assert_true(sd_event_run(server.event, RUN_USEC) >= 0);
	assert_int_equal(outcome->calls, 1);
}

static void perform(const struct transfer_request *request)
{
	start(request);
	wait_for(request->userdata);
}

static void get(const char *url, struct outcome *outcome)
{
	struct transfer_request request = request_to(url, outcome);

	perform(&request);
}

#define assert_answer(outcome, want)                                                               \
	do {                                                                                       \
		if ((outcome)->code != 0)                                                          \
			fail_msg("%d: %s", (outcome)->code, (outcome)->error.text);                \
		assert_int_equal((outcome)->result.status, (want));                                \
	} while (0)

static void test_get(void **state)
{
	struct outcome secure = {}, plain = {}, missing = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	get(HTTPS "/plain", &secure);
	assert_answer(&secure, 200);
	assert_string_equal(secure.body, "192.0.2.1\n");
	assert_int_equal(secure.result.size, 10);
	assert_string_equal(secure.content_type, "text/plain");
	assert_true(secure.etag[0] == '"');

	get(HTTP "/plain", &plain);
	assert_answer(&plain, 200);
	assert_string_equal(plain.body, "192.0.2.1\n");

	get(HTTPS "/missing", &missing);
	assert_answer(&missing, 404);
	assert_int_equal(missing.size, 0); /* nginx has words for it, but they are no data */
}

static void test_not_modified(void **state)
{
	struct outcome first = {}, second = {}, changed = {};
	struct transfer_request request = request_to(HTTPS "/plain", &second);

	(void)state;
	SKIP_UNLESS_ROOT();
	get(HTTPS "/plain", &first);
	request.etag = first.etag;
	perform(&request);
	assert_answer(&second, 304);
	assert_int_equal(second.size, 0);
	request.etag = "\"another\"";
	request.userdata = &changed;
	perform(&request);
	assert_answer(&changed, 200);
}

static void test_modified_since(void **state)
{
	struct outcome old = {}, future = {};
	struct transfer_request request = request_to(HTTPS "/plain", &old);
	struct stat status;
	char modified[64];

	(void)state;
	SKIP_UNLESS_ROOT();
	request.last_modified = "Thu, 01 Jan 1970 00:00:01 GMT";
	perform(&request);
	assert_answer(&old, 200);
	assert_int_equal(stat(file("www/plain"), &status), 0);
	strftime(modified, sizeof(modified), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&status.st_mtime));
	request.last_modified = modified;
	request.userdata = &future;
	perform(&request);
	assert_answer(&future, 304);
}

/* 16 MiB of zeros are 16 kB on the wire. */
static void test_size_limit(void **state)
{
	struct outcome bomb = {}, exact = {};
	struct transfer_request request = request_to(HTTPS "/packed", &exact);

	(void)state;
	SKIP_UNLESS_ROOT();
	get(HTTPS "/packed", &bomb);
	assert_int_equal(bomb.code, -EFBIG);
	assert_true(bomb.size <= MIB);
	assert_string_equal(bomb.error.text,
			    HTTPS "/packed: the body is larger than 1048576 bytes");
	request.size_limit = BOMB_SIZE;
	perform(&request);
	assert_answer(&exact, 200);
	assert_int_equal(exact.size, BOMB_SIZE);
}

/* libcurl itself would call each of them complete. */
static void test_cut_off(void **state)
{
	static const char *const cut[] = {"/cut.by1", "/cut.to20", "/cut.to0"};
	struct outcome whole = {}, twice = {}, more = {}, brotli = {}, unframed = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		struct outcome outcome = {};
		char url[64];

		snprintf(url, sizeof(url), HTTPS "%s", cut[i]);
		get(url, &outcome);
		assert_int_equal(outcome.code, -EPROTO);
		assert_non_null(strstr(outcome.error.text, ": the compressed body is cut off"));
	}
	get(HTTPS "/cut.whole", &whole);
	assert_answer(&whole, 200);
	assert_string_equal(whole.body, "192.0.2.1\n192.0.2.2\n");
	get(HTTPS "/cut.twice", &twice);
	assert_answer(&twice, 200);
	assert_int_equal(twice.size, 2 * whole.size);
	get(HTTPS "/cut.more", &more);
	assert_int_equal(more.code, -EPROTO);
	get(HTTPS "/brotli", &brotli);
	assert_int_equal(brotli.code, -EPROTO);
	assert_int_equal(brotli.size, 0);
	get(HTTP "/unframed", &unframed);
	assert_int_equal(unframed.code, -EPROTO);
	assert_non_null(strstr(unframed.error.text, ": the answer tells no length"));
}

static void test_refused_by_write(void **state)
{
	struct outcome outcome = {.refuse = -EBADMSG};

	(void)state;
	SKIP_UNLESS_ROOT();
	get(HTTPS "/plain", &outcome);
	assert_int_equal(outcome.code, -EBADMSG);
	assert_string_equal(outcome.error.text, HTTPS "/plain: line 1 is bad");
}

static void test_headers_stay_with_their_server(void **state)
{
	const char *const headers[] = {"X-Api-Key: secret"};
	struct outcome near = {}, far = {};
	struct transfer_request request = request_to(HTTPS "/near", &near);

	(void)state;
	SKIP_UNLESS_ROOT();
	request.headers = headers;
	request.header_count = 1;
	perform(&request);
	assert_answer(&near, 200);
	assert_string_equal(near.body, "GET secret");
	request.url = HTTPS "/far";
	request.userdata = &far;
	perform(&request);
	assert_answer(&far, 200);
	assert_string_equal(far.body, "GET ");
}

static void test_bad_redirects(void **state)
{
	struct outcome down = {}, loop = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	get(HTTPS "/down", &down);
	assert_int_equal(down.code, -EPERM);
	assert_string_equal(down.error.text,
			    HTTPS "/down: leads to " HTTP "/headers, which is not https");
	get(HTTPS "/loop", &loop);
	assert_int_equal(loop.code, -ELOOP);
}

static void test_body(void **state)
{
	static const char body[] = "{\"event\":\"blocked\"}";
	struct outcome put = {}, post = {};
	struct transfer_request request = request_to(HTTPS "/upload/event", &put);
	char stored[64] = "";
	_cleanup_close_ int fd = -1;

	(void)state;
	SKIP_UNLESS_ROOT();
	request.method = "PUT";
	request.body = body;
	request.body_size = strlen(body);
	perform(&request);
	assert_answer(&put, 201);
	fd = open(file("www/upload/event"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, stored, sizeof(stored) - 1), strlen(body));
	assert_string_equal(stored, body);

	request.url = HTTPS "/near"; /* a redirect would make a GET of it */
	request.method = "POST";
	request.userdata = &post;
	perform(&request);
	assert_answer(&post, 302);
}

static void test_authority(void **state)
{
	struct outcome outcome = {}, missing = {};
	struct transfer_request request = request_to(HTTPS "/plain", &outcome);
	struct transfer *transfer;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	request.ca_file = NULL;
	perform(&request);
	assert_int_equal(outcome.code, -EKEYREJECTED);
	assert_int_equal(outcome.result.status, 0);
	request.ca_file = "/nonexistent/ca.crt";
	request.userdata = &missing;
	assert_int_equal(transfer_start(server.transfers, &request, &transfer, &error), -ENOENT);
	assert_non_null(strstr(error.text, "/nonexistent/ca.crt: cannot be read"));
}

static void test_client_certificate(void **state)
{
	struct outcome without = {}, with = {};
	struct transfer_request request = request_to(MUTUAL "/", &with);

	(void)state;
	SKIP_UNLESS_ROOT();
	get(MUTUAL "/", &without);
	assert_answer(&without, 400);
	request.cert_file = file("client.crt");
	request.key_file = file("client.key");
	perform(&request);
	assert_answer(&with, 200);
	assert_string_equal(with.body, "CN=client");
}

static void test_time_limits(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(SILENCE),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	_cleanup_close_ int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct outcome slow = {}, stalled = {};
	struct transfer_request request = request_to(HTTPS "/slow", &slow);

	(void)state;
	SKIP_UNLESS_ROOT();
	request.time_limit = 1;
	perform(&request);
	assert_int_equal(slow.code, -ETIMEDOUT);

	assert_int_equal(bind(silent, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(silent, 1), 0);
	request.url = SILENT;
	request.time_limit = PATIENCE_NS / NSEC_PER_SEC * 2;
	request.stall_limit = 1;
	request.userdata = &stalled;
	perform(&request);
	assert_int_equal(stalled.code, -ETIMEDOUT);
}

static void test_retry_after(void **state)
{
	struct outcome outcome = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	get(HTTPS "/busy", &outcome);
	assert_answer(&outcome, 503);
	assert_int_equal(outcome.result.retry_after, 17);
}

static void test_secrets_are_not_told(void **state)
{
	struct outcome outcome = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	get("https://someone:password@127.0.0.1:8449/scores?token=abc#def", &outcome);
	assert_int_equal(outcome.code, -ECONNREFUSED);
	assert_non_null(strstr(outcome.error.text, NOBODY "/scores: "));
	assert_null(strstr(outcome.error.text, "someone"));
	assert_null(strstr(outcome.error.text, "password"));
	assert_null(strstr(outcome.error.text, "abc"));
	assert_null(strstr(outcome.error.text, "def"));
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		bool ok;
	} cases[] = {
		{"https://scorer.example/x", true}, {"http://127.8.9.10:80/", true},
		{"http://[::1]:8080/", true},	    {"http://localhost/", true},
		{"http://scorer.example/x", false}, {"http://127.0.0.1.scorer.example/", false},
		{"http://192.0.2.1/", false},	    {"http://[::2]/", false},
		{"ftp://scorer.example/x", false},  {"file:///etc/passwd", false},
		{"scorer.example/x", false},	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = {};
		int r = transfer_check_url(cases[i].url, &error);

		if ((r == 0) != cases[i].ok)
			fail_msg("%s: %d %s", cases[i].url, r, error.text);
	}
}

static void test_header_injection(void **state)
{
	const char *const headers[] = {"X-Api-Key: a\r\nX-Other: b"};
	struct outcome outcome = {};
	struct transfer_request request = request_to(HTTPS "/plain", &outcome);
	struct transfer *transfer;
	struct error error = {};

	(void)state;
	SKIP_UNLESS_ROOT();
	request.headers = headers;
	request.header_count = 1;
	assert_int_equal(transfer_start(server.transfers, &request, &transfer, &error), -EINVAL);
	assert_null(strstr(error.text, "X-Other"));
}

static void test_many_and_cancelled(void **state)
{
	struct outcome outcomes[20] = {}, cancelled = {};
	struct transfer_request request = request_to(HTTPS "/slow", &cancelled);
	struct transfer *transfer;

	(void)state;
	SKIP_UNLESS_ROOT();
	transfer = start(&request);
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		request = request_to(i % 2 ? HTTPS "/plain" : OTHER "/headers", &outcomes[i]);
		start(&request);
	}
	transfer_cancel(transfer);
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		wait_for(&outcomes[i]);
		assert_answer(&outcomes[i], 200);
	}
	assert_int_equal(cancelled.calls, 0);
	request = request_to(HTTPS "/slow", &cancelled);
	start(&request); /* left for transfers_free */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_not_modified),
		cmocka_unit_test(test_modified_since),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_refused_by_write),
		cmocka_unit_test(test_headers_stay_with_their_server),
		cmocka_unit_test(test_bad_redirects),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_authority),
		cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_time_limits),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_secrets_are_not_told),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_header_injection),
		cmocka_unit_test(test_many_and_cancelled),
	};

	return cmocka_run_group_tests_name("transfer", tests, set_up, tear_down);
}
