/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed/answer.h"

#include <string.h>

#include "base/clock.h"
#include "feed/lapi.h"

static void filter_clear(struct decision_filter *filter)
{
	for (size_t i = 0; i < filter->type_count; i++)
		free((char *)filter->types[i]);
	free((void *)filter->types);
	*filter = (struct decision_filter){0};
}

/* A configuration may be gone before the answer is parsed. */
static bool filter_copy(struct decision_filter *ret, const struct decision_filter *filter)
{
	const char **types = calloc(filter->type_count + 1, sizeof(*types));

	*ret = (struct decision_filter){.scopes = filter->scopes, .types = types};
	for (; types && ret->type_count < filter->type_count; ret->type_count++) {
		types[ret->type_count] = strdup(filter->types[ret->type_count]);
		if (!types[ret->type_count])
			return false;
	}
	return types != NULL;
}

struct answer *answer_new(FILE *content, const char *name, const struct config_feed *config)
{
	const struct decision_filter filter = lapi_filter(config);
	_cleanup_(answer_freep) struct answer *answer = calloc(1, sizeof(*answer));

	if (!answer) {
		fclose(content);
		return NULL;
	}
	answer->content = content;
	answer->name = strdup(name);
	answer->now = clock_wall();
	if (!answer->name || !filter_copy(&answer->filter, &filter))
		return NULL;
	return STEAL(answer);
}

void answer_parse(struct answer *answer)
{
	_cleanup_(decisions_freep) struct decisions *decisions = NULL;

	answer->code = decisions_read(answer->content, answer->name, &answer->filter, answer->now,
				      &decisions, &answer->error);
	if (answer->code < 0)
		return;
	answer->others = decisions->others;
	answer->code = decision_table_add(&answer->table, decisions, answer->whole, &answer->next,
					  &answer->batch, &answer->error);
}

void answer_free(struct answer *answer)
{
	if (!answer)
		return;
	if (answer->content)
		fclose(answer->content);
	free(answer->name);
	filter_clear(&answer->filter);
	decision_table_clear(&answer->table);
	decision_table_clear(&answer->next);
	feed_batch_free(answer->batch);
	free(answer);
}
