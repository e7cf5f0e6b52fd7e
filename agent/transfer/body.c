/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The body of an answer: decoded, counted, and whole. libcurl would take a compressed body that is
 * cut off, and one that ends with the connection, for whole ones; half a list would be a list.
 */
#include <errno.h>
#include <string.h>

#include "transfer/internal.h"

#define INFLATE_SIZE 16384
#define GZIP_ONLY    (MAX_WBITS + 16) /* of inflateInit2: the header of gzip, not of zlib */

#define STATUS_NO_CONTENT 204

static long status_of(const struct transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool is_wanted(const struct transfer *transfer)
{
	long status = status_of(transfer);

	return transfer->write && status >= 200 && status < 300;
}

static int deliver(struct transfer *transfer, const void *data, size_t size, struct error *error)
{
	struct body *body = &transfer->body;

	if (size > body->limit - body->size)
		return error_set(error, -EFBIG, "the body is larger than %ju bytes",
				 (uintmax_t)body->limit);
	body->size += size;
	return transfer->write(data, size, transfer->userdata, error);
}

/* One call of inflate(). 1: there is more to come of what it was given; 0: not; negative errno. */
static int inflate_some(struct transfer *transfer, struct error *error)
{
	struct body *body = &transfer->body;
	unsigned char data[INFLATE_SIZE];
	int code, r;

	/* RFC 1952, 2.2: there may be several members, one behind the other. */
	if (body->at_end)
		inflateReset(&body->stream);
	body->stream.next_out = data;
	body->stream.avail_out = sizeof(data);
	code = inflate(&body->stream, Z_NO_FLUSH);
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return error_set(error, -EPROTO, "the body is not valid gzip: %s",
				 body->stream.msg ? body->stream.msg : zError(code));
	body->at_end = code == Z_STREAM_END;
	r = deliver(transfer, data, sizeof(data) - body->stream.avail_out, error);
	if (r < 0)
		return r;
	return body->stream.avail_in > 0 || (body->stream.avail_out == 0 && !body->at_end);
}

static int inflate_all(struct transfer *transfer, char *data, size_t size, struct error *error)
{
	struct body *body = &transfer->body;
	int r;

	body->stream.next_in = (unsigned char *)data;
	body->stream.avail_in = (unsigned int)size; /* at most CURL_MAX_WRITE_SIZE */
	do
		r = inflate_some(transfer, error);
	while (r > 0);
	return r;
}

/* Looks at the headers, before the first byte. */
static int begin(struct transfer *transfer, struct error *error)
{
	const char *encoding = transfer_header(transfer, "Content-Encoding");
	struct body *body = &transfer->body;

	body->begun = true;
	if (!encoding || strcasecmp(encoding, "identity") == 0)
		return 0;
	if (strcasecmp(encoding, "gzip") != 0 && strcasecmp(encoding, "x-gzip") != 0)
		return error_set(error, -EPROTO,
				 "the body is in an encoding that nobody asked for");
	if (inflateInit2(&body->stream, GZIP_ONLY) != Z_OK)
		return error_set(error, -ENOMEM, "out of memory");
	body->packed = true;
	return 0;
}

size_t body_take(char *data, size_t size, size_t count, void *userdata)
{
	struct transfer *transfer = userdata;
	size_t length = size * count;
	int r = 0;

	if (!is_wanted(transfer))
		return length;
	if (!transfer->body.begun)
		r = begin(transfer, &transfer->error);
	if (r >= 0)
		r = transfer->body.packed ? inflate_all(transfer, data, length, &transfer->error)
					  : deliver(transfer, data, length, &transfer->error);
	transfer->code = r;
	return r < 0 ? 0 : length;
}

/* RFC 9112, 6.3: else the body ends where the connection does, for whatever reason that does. */
static bool has_length(const struct transfer *transfer)
{
	long version = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_HTTP_VERSION, &version);
	return (version != CURL_HTTP_VERSION_1_0 && version != CURL_HTTP_VERSION_1_1) ||
	       transfer_header(transfer, "Content-Length") ||
	       transfer_header(transfer, "Transfer-Encoding");
}

int body_end(struct transfer *transfer, struct error *error)
{
	struct body *body = &transfer->body;
	int r;

	if (!is_wanted(transfer) || status_of(transfer) == STATUS_NO_CONTENT)
		return 0;
	if (!has_length(transfer))
		return error_set(error, -EPROTO,
				 "the answer tells no length: nobody can say whether it is whole");
	r = body->begun ? 0 : begin(transfer, error);
	if (r >= 0 && body->packed && !body->at_end)
		return error_set(error, -EPROTO, "the compressed body is cut off");
	return r;
}

void body_clear(struct body *body)
{
	if (body->packed)
		inflateEnd(&body->stream);
}
