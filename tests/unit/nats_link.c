/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is let in, and whom we trust: connections to a real nats-server. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/nats_server.h"
#include "nats/link.h"
#include "nats/nkey.h"

#define TLS_URL	   "tls://127.0.0.1:4223"
#define OTHER_NAME "tls://localhost:4223"
#define NKEY_URL   "nats://127.0.0.1:4224"
#define NOBODY	   "nats://127.0.0.1:4229"
#define MUTE_PORT  4230
#define MUTE_URL   "tls://127.0.0.1:4230"

/* A key pair of the NKeys documentation's kind; made for this test, and of use for nothing else. */
#define NKEY_PYTHON                                                                                \
	"python3 - <<'EOF'\n"                                                                      \
	"import base64, binascii, subprocess\n"                                                    \
	"der = subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-outform',\n"       \
	"                      'DER'], check=True, capture_output=True).stdout\n"                  \
	"pub = subprocess.run(['openssl', 'pkey', '-inform', 'DER', '-pubout', '-outform',\n"      \
	"                      'DER'], input=der, check=True, capture_output=True).stdout\n"       \
	"def text(data):\n"                                                                        \
	"    crc = binascii.crc_hqx(data, 0).to_bytes(2, 'little')\n"                              \
	"    return base64.b32encode(data + crc).decode().rstrip('=')\n"                           \
	"kind, user = 18 << 3, 20 << 3\n"                                                          \
	"seed = bytes([kind | user >> 5, (user & 31) << 3]) + der[-32:]\n"                         \
	"print(text(seed), file=open('user.nk', 'w'))\n"                                           \
	"print(text(bytes([user]) + pub[-32:]), end='', file=open('user.pub', 'w'))\n"             \
	"EOF"

static const char make_keys[] =
	"exec >openssl.log 2>&1; umask 077;"
	"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=test authority' "
	"  -keyout ca.key -out ca.crt &&"
	"printf 'subjectAltName=IP:127.0.0.1' >names &&"
	"for who in server client; do"
	"  openssl req -new -newkey rsa:2048 -nodes -subj /CN=$who -keyout $who.key -out $who.csr "
	"&&"
	"  openssl x509 -req -in $who.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
	"    -extfile names -out $who.crt || exit; "
	"done;" NKEY_PYTHON;

static const char tls_conf[] =
	"listen: 127.0.0.1:4223\n"
	"tls: {cert_file: server.crt, key_file: server.key, ca_file: ca.crt, verify: true}\n";

static struct nats_server tls = {.name = "tls", .port = 4223};
static struct nats_server nkey = {.name = "nkey", .port = 4224};

static int try_link(const struct link_options *options, struct error *error)
{
	_cleanup_(link_freep) struct link *link = NULL;
	natsConnection *connection = NULL;
	int r;

	assert_int_equal(link_new(options, &link, error), 0);
	r = link_open(link, &connection, error);
	natsConnection_Close(connection);
	natsConnection_Destroy(connection);
	return r;
}

#define SKIP_UNLESS_ROOT()                                                                         \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip();                                                                    \
	} while (0)

#define assert_link(result, ...)                                                                   \
	do {                                                                                       \
		const struct link_options options_ = {__VA_ARGS__};                                \
		struct error error_ = {""};                                                        \
		int r_ = try_link(&options_, &error_);                                             \
		if (r_ != (result))                                                                \
			fail_msg("%d: %s", r_, error_.text);                                       \
	} while (0)

static void test_nobody_there(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	assert_link(-ECONNREFUSED, .servers = NOBODY);
}

static void test_second_server(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	assert_link(0, .servers = NOBODY "," NKEY_URL, .nkey_file = "user.nk");
}

static void test_tls(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	assert_link(0, .servers = TLS_URL, .ca_file = "ca.crt", .cert_file = "client.crt",
		    .key_file = "client.key");
}

static void test_tls_refused(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	/* An authority that we do not know; a name that is not in the certificate. */
	assert_link(-EKEYREJECTED, .servers = TLS_URL, .cert_file = "client.crt",
		    .key_file = "client.key");
	assert_link(-EKEYREJECTED, .servers = OTHER_NAME, .ca_file = "ca.crt",
		    .cert_file = "client.crt", .key_file = "client.key");
}

static void test_tls_without_certificate(void **state)
{
	const struct link_options options = {.servers = TLS_URL, .ca_file = "ca.crt"};
	struct error error;

	(void)state;
	SKIP_UNLESS_ROOT();
	assert_true(try_link(&options, &error) < 0);
}

static void test_unreadable_files(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	assert_link(-EKEYREJECTED, .servers = TLS_URL, .ca_file = "missing.crt");
	assert_link(-EKEYREJECTED, .servers = TLS_URL, .ca_file = "ca.crt",
		    .cert_file = "client.crt", .key_file = "server.key");
	assert_link(-ENOENT, .servers = NKEY_URL, .nkey_file = "missing.nk");
	assert_link(-ENOENT, .servers = NKEY_URL, .credentials_file = "missing.creds");
}

static void test_nkey(void **state)
{
	char public[NKEY_PUBLIC_MAX], want[NKEY_PUBLIC_MAX] = "";
	_cleanup_fclose_ FILE *file = fopen("user.pub", "re");
	struct error error;

	(void)state;
	SKIP_UNLESS_ROOT();
	assert_non_null(file);
	assert_non_null(fgets(want, sizeof(want), file));
	assert_int_equal(nkey_public("user.nk", public, &error), 0);
	assert_string_equal(public, want);
	assert_link(0, .servers = NKEY_URL, .nkey_file = "user.nk");
	assert_link(-EACCES, .servers = NKEY_URL);
}

static void test_no_nkey(void **state)
{
	char public[NKEY_PUBLIC_MAX];
	struct error error;

	(void)state;
	SKIP_UNLESS_ROOT();
	assert_int_equal(nkey_public("user.pub", public, &error), -EBADMSG);
	nats_write("cut.nk", "SUAIBDPBAUTWCWBKIO6XHQNINK5FWJW5OHLXC3HQ2KFE4PEJUA44CNHTC4\n", 0600);
	assert_int_equal(nkey_public("cut.nk", public, &error), -EBADMSG);
}

static void test_secret_that_others_may_read(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	nats_write("open.creds", "secret", 0644);
	assert_int_equal(chmod("user.nk", 0640), 0);
	assert_link(-EACCES, .servers = NKEY_URL, .nkey_file = "user.nk");
	assert_int_equal(chmod("user.nk", 0600), 0);
	assert_int_equal(chmod("open.creds", 0644), 0);
	assert_link(-EACCES, .servers = NKEY_URL, .credentials_file = "open.creds");
}

static int listen_on(uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int yes = 1;

	assert_return_code(fd, errno);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	assert_return_code(bind(fd, (const struct sockaddr *)&address, sizeof(address)), errno);
	assert_return_code(listen(fd, SOMAXCONN), errno);
	return fd;
}

/*
 * A server that wants TLS, and then says nothing, or begins a record of 16 KiB and sends a byte of
 * it now and then. To be killed.
 */
static pid_t start_mute_server(bool drips)
{
	static const char info[] = "INFO {\"server_id\":\"mute\",\"tls_required\":true}\r\n";
	static const char record[] = {0x16, 0x03, 0x03, 0x40, 0x00};
	int listener = listen_on(MUTE_PORT);
	pid_t pid = fork();
	char hello[512];
	int fd;

	if (pid != 0) {
		close(listener);
		return pid;
	}
	signal(SIGPIPE, SIG_IGN);
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		write(fd, info, sizeof(info) - 1);
		read(fd, hello, sizeof(hello));
		if (drips)
			write(fd, record, sizeof(record));
		do
			usleep(100000);
		while (!drips || write(fd, "", 1) > 0);
		close(fd);
	}
	_exit(1);
}

static void assert_timeout(bool drips, const char *servers)
{
	const struct link_options options = {.servers = servers, .ca_file = "ca.crt"};
	pid_t pid = start_mute_server(drips);
	uint64_t begun = clock_boot_ns();
	struct error error = {""};
	int r = try_link(&options, &error);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (r != -ETIMEDOUT || !strstr(error.text, MUTE_URL))
		fail_msg("%d: %s", r, error.text);
	assert_in_range(clock_boot_ns() - begun, 1, 2 * NSEC_PER_SEC * LINK_PATIENCE_MSEC / 1000);
}

static void test_silence_in_the_handshake_ends(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	assert_timeout(false, MUTE_URL);
	assert_timeout(true, MUTE_URL);
}

/* Whichever of them is tried first. */
static void test_second_server_after_silence(void **state)
{
	pid_t pid;

	(void)state;
	SKIP_UNLESS_ROOT();
	pid = start_mute_server(false);
	for (unsigned int i = 0; i < 4; i++)
		assert_link(0, .servers = MUTE_URL "," TLS_URL, .ca_file = "ca.crt",
			    .cert_file = "client.crt", .key_file = "client.key");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int begin(void **state)
{
	static const char format[] = "printf 'listen: 127.0.0.1:4224\\n"
				     "authorization: {users: [{nkey: %s}]}\\n' $(cat user.pub) "
				     ">nkey.conf";

	(void)state;
	if (geteuid() != 0)
		return 0;
	if (nats_begin() < 0 || system(make_keys) != 0 || system(format) != 0)
		return -1;
	nats_write("tls.conf", tls_conf, 0600);
	nats_server_start(&tls);
	nats_server_start(&nkey);
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	nats_server_stop(&tls);
	nats_server_stop(&nkey);
	return nats_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_second_server),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_tls_refused),
		cmocka_unit_test(test_tls_without_certificate),
		cmocka_unit_test(test_unreadable_files),
		cmocka_unit_test(test_silence_in_the_handshake_ends),
		cmocka_unit_test(test_second_server_after_silence),
		cmocka_unit_test(test_nkey),
		cmocka_unit_test(test_no_nkey),
		cmocka_unit_test(test_secret_that_others_may_read),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
