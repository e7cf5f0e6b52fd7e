/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Macros of libbpf that cppcheck needs: it does not read the system's headers. */
#define LIBBPF_OPTS(type, name, ...) struct type name = {.sz = sizeof(struct type), __VA_ARGS__}

#define bpf_object__for_each_map(map, object)                                                      \
	for ((map) = bpf_object__next_map((object), NULL); (map);                                  \
	     (map) = bpf_object__next_map((object), (map)))
