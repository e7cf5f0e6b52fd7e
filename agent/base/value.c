/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/value.h"
#include "base/clock.h"
#include "base/prefix.h"

cJSON *value_text(const char *text)
{
	return text && text[0] ? cJSON_CreateString(text) : cJSON_CreateNull();
}

cJSON *value_number(bool known, double number)
{
	return known ? cJSON_CreateNumber(number) : cJSON_CreateNull();
}

cJSON *value_time(int64_t wall)
{
	char text[TIME_TEXT_MAX];

	return wall ? cJSON_CreateString(time_format(wall, text)) : cJSON_CreateNull();
}

cJSON *value_prefix(const struct smtpfence_prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	return cJSON_CreateString(prefix_format(prefix, text));
}

bool value_add(cJSON *object, const char *name, cJSON *value)
{
	if (cJSON_AddItemToObject(object, name, value))
		return true;
	cJSON_Delete(value);
	return false;
}

bool value_append(cJSON *array, cJSON *value)
{
	if (cJSON_AddItemToArray(array, value))
		return true;
	cJSON_Delete(value);
	return false;
}

cJSON *value_if(bool complete, cJSON *value)
{
	if (complete)
		return value;
	cJSON_Delete(value);
	return NULL;
}
