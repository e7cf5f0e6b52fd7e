/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An operator's template: refused with a line, or rendered into text that a terminal can show. */
#include <string.h>

#include "base/template.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

static const struct template_name items[] = {
	{.name = "a"}, {.name = "b"}, {.name = "l", .is_list = true}, {.name = "i", .within = "l"}};
static const struct template_names names = {items, ARRAY_SIZE(items)};

static const char *text_of(size_t name, size_t item, void *userdata)
{
	static const char *const texts[] = {"{{a}}", NULL, NULL, "x"};

	(void)userdata;
	ALWAYS(name < names.count && !items[name].is_list);
	ALWAYS(item < 3);
	return texts[name];
}

static size_t length_of(size_t name, void *userdata)
{
	(void)userdata;
	ALWAYS(items[name].is_list);
	return 3;
}

static void try_rendering(const struct template *template, const char *text, size_t size)
{
	static const struct template_values values = {text_of, length_of, NULL};
	char *result = template_render(template, &values);

	ALWAYS(result);
	ALWAYS(!text_find_unprintable(result));
	if (!memmem(text, size, "{{", 2))
		ALWAYS(strlen(result) == size && memcmp(result, text, size) == 0);
	free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct template *template = NULL;
	struct error error = {};
	int r = template_parse("f", (const char *)bytes, size, &names, &template, &error);

	if (r < 0) {
		ALWAYS(!template && strncmp(error.text, "f:", 2) == 0);
		check_refusal(&error);
		return 0;
	}
	try_rendering(template, (const char *)bytes, size);
	template_free(template);
	return 0;
}
