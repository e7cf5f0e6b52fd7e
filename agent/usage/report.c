/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage/report.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/value.h"

#define FORMAT_VERSION 1
#define SLICE	       1000 /* rows: about 10 ms */

DEFINE_CLEANUP(cJSON *, cJSON_Delete)
DEFINE_CLEANUP(char *, cJSON_free)

static cJSON *head_json(const struct window *window)
{
	char host[HOST_NAME_MAX + 1] = "";
	cJSON *head = cJSON_CreateObject();

	gethostname(host, sizeof(host) - 1);
	return value_if(
		value_add(head, "version", cJSON_CreateNumber(FORMAT_VERSION)) &&
			value_add(head, "host", cJSON_CreateString(host)) &&
			value_add(head, "boot_id", cJSON_CreateString(window->boot_id)) &&
			value_add(head, "sequence", cJSON_CreateNumber((double)window->sequence)) &&
			value_add(head, "from", value_time(window->from)) &&
			value_add(head, "to", value_time(window->to)),
		head);
}

/* The object without its last brace: the list of sources follows as its last member. */
static int write_head(FILE *out, const struct window *window)
{
	_cleanup_(cJSON_Deletep) cJSON *head = head_json(window);
	_cleanup_(cJSON_freep) char *text = head ? cJSON_PrintUnformatted(head) : NULL;

	if (!text)
		return -ENOMEM;
	fprintf(out, "%.*s,\"sources\":[", (int)strlen(text) - 1, text);
	return 0;
}

static int write_row(FILE *out, const struct counters_source *source, bool first)
{
	_cleanup_(cJSON_Deletep) cJSON *row = counters_source_json(source);
	_cleanup_(cJSON_freep) char *text = row ? cJSON_PrintUnformatted(row) : NULL;

	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n%s", first ? "" : ",", text);
	return 0;
}

int report_begin(struct report *report, struct counters *counters, const struct window *window,
		 FILE *out, struct error *error)
{
	int r;

	*report = (struct report){0};
	r = counters_sources(counters, &report->sources, &report->count, error);
	if (r < 0)
		return r;
	report->out = out;
	if (write_head(out, window) >= 0)
		return 0;
	report_clear(report);
	return error_set(error, -ENOMEM, "out of memory");
}

int report_go_on(struct report *report, struct error *error)
{
	size_t left = report->count - report->next;
	size_t end = report->next + (left < SLICE ? left : SLICE);

	for (; report->next < end; report->next++)
		if (write_row(report->out, &report->sources[report->next], report->next == 0) < 0)
			return error_set(error, -ENOMEM, "out of memory");
	if (report->next < report->count)
		return 1;
	fputs("\n]}\n", report->out);
	return 0;
}

void report_clear(struct report *report)
{
	free(report->sources);
	*report = (struct report){0};
}
