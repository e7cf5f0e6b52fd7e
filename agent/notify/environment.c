/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/environment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "SMTPFENCE_"

static const char *const fixed[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};

#define NUMBER_TEXT_MAX 32

/* NULL: nothing that fits into a variable. */
static const char *value_of(const cJSON *field, char number[NUMBER_TEXT_MAX])
{
	if (cJSON_IsNull(field))
		return "";
	if (cJSON_IsNumber(field)) {
		snprintf(number, NUMBER_TEXT_MAX, "%.0f", field->valuedouble);
		return number;
	}
	return cJSON_GetStringValue(field);
}

static char *make_variable(const char *name, const char *value)
{
	char *variable;

	if (asprintf(&variable, PREFIX "%s=%s", name, value) < 0)
		return NULL;
	for (char *c = variable; *c != '='; c++)
		*c = (char)toupper((unsigned char)*c);
	return variable;
}

/* False: out of memory. */
static bool add(char **environment, size_t *count, char *variable)
{
	environment[*count] = variable;
	*count += variable != NULL;
	return variable != NULL;
}

static bool add_event(char **environment, size_t *count, const cJSON *event)
{
	char number[NUMBER_TEXT_MAX];
	const cJSON *field;
	bool complete = true;

	cJSON_ArrayForEach (field, event) {
		const char *value = value_of(field, number);

		if (value)
			complete = complete &&
				   add(environment, count, make_variable(field->string, value));
	}
	return complete;
}

char **environment_new(const struct notice *notice)
{
	size_t count = 0, most = ARRAY_SIZE(fixed) + 1 + (size_t)cJSON_GetArraySize(notice->event);
	_cleanup_(environment_freep) char **environment = calloc(most + 1, sizeof(*environment));
	bool complete = environment != NULL;

	for (size_t i = 0; complete && i < ARRAY_SIZE(fixed); i++)
		complete = add(environment, &count, strdup(fixed[i]));
	complete = complete && add(environment, &count, make_variable("KEY", notice->key)) &&
		   add_event(environment, &count, notice->event);
	return complete ? STEAL(environment) : NULL;
}

void environment_free(char **environment)
{
	if (!environment)
		return;
	for (char **variable = environment; *variable; variable++)
		free(*variable);
	free(environment);
}
