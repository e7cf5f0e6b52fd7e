/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/template_parts.h"

void template_free(struct template *template)
{
	free(template->parts);
	free(template->text);
	free(template);
}

struct rendering {
	const struct template *template;
	const struct template_values *values;
	FILE *stream;
};

static const char *value_of(const struct rendering *rendering, const struct part *part, size_t item)
{
	const char *text = rendering->values->text(part->name, item, rendering->values->userdata);

	return text ? text : "";
}

/* How often a section is shown. */
static size_t times(const struct rendering *rendering, const struct part *part, size_t item)
{
	const struct template_values *values = rendering->values;
	size_t count = part->is_list ? values->list_length(part->name, values->userdata)
				     : value_of(rendering, part, item)[0] != '\0';

	return part->kind == PART_INVERTED ? count == 0 : count;
}

static void render(const struct rendering *rendering, size_t from, size_t to, size_t item);

static void render_section(const struct rendering *rendering, size_t index, size_t item)
{
	const struct part *part = &rendering->template->parts[index];
	bool counts = part->is_list && part->kind == PART_SECTION;
	size_t count = times(rendering, part, item);

	for (size_t i = 0; i < count; i++)
		render(rendering, index + 1, part->end, counts ? i : item);
}

/* The parts from @from to @to, which is left out. */
static void render(const struct rendering *rendering, size_t from, size_t to, size_t item)
{
	for (size_t i = from; i < to; i++) {
		const struct part *part = &rendering->template->parts[i];

		if (part->kind == PART_TEXT) {
			fwrite(part->text, 1, part->length, rendering->stream);
		} else if (part->kind == PART_VALUE) {
			fputs(value_of(rendering, part, item), rendering->stream);
		} else {
			render_section(rendering, i, item);
			i = part->end;
		}
	}
}

char *template_render(const struct template *template, const struct template_values *values)
{
	struct rendering rendering = {.template = template, .values = values};
	char *text = NULL;
	bool failed;
	size_t size;

	rendering.stream = open_memstream(&text, &size);
	if (!rendering.stream)
		return NULL;
	render(&rendering, 0, template->count, 0);
	failed = ferror(rendering.stream) != 0;
	if (fclose(rendering.stream) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}
