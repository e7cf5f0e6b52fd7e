/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/nkey.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * A seed is 2 bytes that say "seed" (5 bits 18) and "of a user" (8 bits), 32 bytes of key and a
 * CRC-16; a public key is 1 byte that says "user", 32 bytes of key and a CRC-16. In base32 (RFC
 * 4648, no padding) they begin with "SU" and "U".
 */
#define KEY_SIZE    32
#define SEED_SIZE   (2 + KEY_SIZE + 2)
#define SEED_TEXT   58
#define PUBLIC_SIZE (1 + KEY_SIZE + 2)
#define USER	    (20 << 3)
#define LINE_MAX_   256

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)

/* CRC-16/XMODEM. */
static uint16_t crc16(const uint8_t *data, size_t size)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= (uint16_t)(data[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
	}
	return crc;
}

/* The last two bytes are the CRC of the others, low byte first. */
static bool crc_fits(const uint8_t *data, size_t size)
{
	uint16_t crc = crc16(data, size - 2);

	return data[size - 2] == (crc & 0xff) && data[size - 1] == crc >> 8;
}

static bool decode(const char *text, uint8_t *ret, size_t size)
{
	uint32_t bits = 0;
	unsigned int count = 0;
	size_t filled = 0;

	for (; *text && filled < size; text++) {
		const char *letter = strchr(letters, *text);

		if (!letter)
			return false;
		bits = bits << 5 | (uint32_t)(letter - letters);
		count += 5;
		if (count >= 8) {
			count -= 8;
			ret[filled++] = (uint8_t)(bits >> count);
		}
	}
	return filled == size;
}

static void encode(const uint8_t *data, size_t size, char *ret)
{
	uint32_t bits = 0;
	unsigned int count = 0;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | data[i];
		for (count += 8; count >= 5; count -= 5)
			*ret++ = letters[bits >> (count - 5) & 31];
	}
	if (count > 0)
		*ret++ = letters[bits << (5 - count) & 31];
	*ret = '\0';
}

static bool public_of(const uint8_t key[KEY_SIZE], char ret[NKEY_PUBLIC_MAX])
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pair =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, KEY_SIZE);
	uint8_t public[PUBLIC_SIZE] = {USER};
	size_t size = KEY_SIZE;
	uint16_t crc;

	if (!pair || EVP_PKEY_get_raw_public_key(pair, public + 1, &size) != 1)
		return false;
	crc = crc16(public, 1 + KEY_SIZE);
	public[PUBLIC_SIZE - 2] = crc & 0xff;
	public[PUBLIC_SIZE - 1] = (uint8_t)(crc >> 8);
	encode(public, sizeof(public), ret);
	return true;
}

/* Whether @line holds a user's seed; then @ret is its public key. */
static bool take_line(char *line, char ret[NKEY_PUBLIC_MAX])
{
	const char *text = line + strspn(line, " \t");
	uint8_t seed[SEED_SIZE];
	bool good;

	line[strcspn(line, " \t\r\n")] = '\0';
	good = strlen(text) == SEED_TEXT && strncmp(text, "SU", 2) == 0 &&
	       decode(text, seed, sizeof(seed)) && crc_fits(seed, sizeof(seed)) &&
	       public_of(seed + 2, ret);
	explicit_bzero(seed, sizeof(seed));
	return good;
}

int nkey_public(const char *path, char ret[NKEY_PUBLIC_MAX], struct error *error)
{
	_cleanup_fclose_ FILE *stream = fopen(path, "re");
	char line[LINE_MAX_];
	bool found = false;

	if (!stream)
		return error_set(error, -errno, "%s: cannot be read: %s", path, strerror(errno));
	setvbuf(stream, NULL, _IONBF, 0); /* leaves no copy of the seed in memory */
	while (!found && fgets(line, sizeof(line), stream))
		found = take_line(line, ret);
	explicit_bzero(line, sizeof(line));
	return found ? 0
		     : error_set(error, -EBADMSG, "%s: holds no NKey seed of a user (\"SU…\")",
				 path);
}
