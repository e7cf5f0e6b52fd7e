/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/records.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define ROOM_MIN 512

void records_clear(struct records *records)
{
	free(records->bytes);
	*records = (struct records){0};
}

static int make_room(struct records *records)
{
	size_t room = records->room ? 2 * records->room : ROOM_MIN;
	uint8_t *bytes = reallocarray(records->bytes, room, RECORD_SIZE);

	if (!bytes)
		return -ENOMEM;
	records->bytes = bytes;
	records->room = room;
	return 0;
}

int records_add(struct records *records, const struct smtpfence_prefix *prefix, int64_t until)
{
	uint64_t end = htobe64((uint64_t)until);
	uint8_t *record;
	int r = records->count == records->room ? make_room(records) : 0;

	if (r < 0)
		return r;
	record = records->bytes + records->count++ * RECORD_SIZE;
	key_write(prefix, record);
	memcpy(record + PREFIX_KEY_SIZE, &end, sizeof(end));
	return 0;
}

int64_t record_until(const uint8_t *record)
{
	uint64_t end;

	memcpy(&end, record + PREFIX_KEY_SIZE, sizeof(end));
	return (int64_t)be64toh(end);
}

void record_read(const uint8_t *record, struct listing *ret)
{
	key_read(record, &ret->prefix);
	ret->until = record_until(record);
}

const uint8_t *records_seek(const uint8_t *bytes, size_t count, const uint8_t *key)
{
	size_t first = 0, end = count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (memcmp(bytes + middle * RECORD_SIZE, key, PREFIX_KEY_SIZE) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return bytes + first * RECORD_SIZE;
}

int64_t records_first_end(const uint8_t *bytes, size_t count)
{
	int64_t first = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t until = record_until(bytes + i * RECORD_SIZE);

		if (until > 0 && (first == 0 || until < first))
			first = until;
	}
	return first;
}
