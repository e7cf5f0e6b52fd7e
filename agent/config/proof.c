/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/proof.h"

#include <errno.h>

#define NESTING_MAX 16 /* the tables need 5 */

/* How far the reading has come. */
struct progress {
	unsigned int documents;
	unsigned int depth;
};

/* Before there are lines, libyaml tells only the offset of a bad byte. */
static int reader_error(const struct source *source, const yaml_parser_t *parser, const char *text,
			size_t length)
{
	size_t end = parser->problem_offset < length ? parser->problem_offset : length;
	yaml_mark_t mark = {0};

	for (size_t i = 0; i < end; i++) {
		if (text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if ((text[i] & 0xc0) != 0x80) { /* columns are characters, not bytes */
			mark.column++;
		}
	}
	return source_error_at(source, mark, "%s: the file must be UTF-8 text", parser->problem);
}

static int parser_error(const struct source *source, const yaml_parser_t *parser, const char *text,
			size_t length)
{
	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		return source_no_memory(source);
	case YAML_READER_ERROR:
		return reader_error(source, parser, text, length);
	default:
		return source_error_at(source, parser->problem_mark, "not valid YAML: %s%s%s",
				       parser->problem, parser->context ? " " : "",
				       parser->context ? parser->context : "");
	}
}

static bool has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL;
	default:
		return false;
	}
}

static bool has_tag(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.tag != NULL;
	default:
		return false;
	}
}

static void count_event(const yaml_event_t *event, struct progress *progress)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		progress->documents++;
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		progress->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		progress->depth--;
		break;
	default:
		break;
	}
}

static int judge_event(const struct source *source, const yaml_event_t *event,
		       struct progress *progress)
{
	count_event(event, progress);
	if (progress->documents > 1)
		return source_error_at(source, event->start_mark,
				       "a second document begins here: one file, one document");
	if (progress->depth > NESTING_MAX)
		return source_error_at(source, event->start_mark, "nested too deeply");
	if (has_anchor(event))
		return source_error_at(source, event->start_mark,
				       "anchors and aliases are not supported: write the value "
				       "out");
	if (has_tag(event))
		return source_error_at(source, event->start_mark,
				       "tags are not supported: leave it away");
	if (event->type == YAML_STREAM_END_EVENT && progress->documents == 0)
		return source_error_at(source, (yaml_mark_t){0},
				       "the file is empty: the key 'interfaces' is required");
	return 0;
}

int proof_read(const struct source *source, const char *text, size_t length)
{
	struct progress progress = {0};
	yaml_parser_t parser;
	bool at_end = false;
	int r = source_open_parser(source, text, length, &parser);

	if (r < 0)
		return r;
	while (r == 0 && !at_end) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			r = parser_error(source, &parser, text, length);
			break;
		}
		r = judge_event(source, &event, &progress);
		at_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r;
}
