/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Macros of libbpf and sys/queue.h that cppcheck needs: it does not read the system's headers. */
#define LIBBPF_OPTS(type, name, ...) struct type name = {.sz = sizeof(struct type), __VA_ARGS__}

#define bpf_object__for_each_map(map, object)                                                      \
	for ((map) = bpf_object__next_map((object), NULL); (map);                                  \
	     (map) = bpf_object__next_map((object), (map)))

#define TAILQ_FOREACH(item, head, field)                                                           \
	for ((item) = (head)->tqh_first; (item); (item) = (item)->field.tqe_next)
