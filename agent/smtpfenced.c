/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smtpfenced: wires the parts together, and knows no detail of any. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "api/api.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "counters/counters.h"
#include "feed/feed.h"
#include "fence/fence.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "notify/notify.h"
#include "store/store.h"
#include "transfer/transfer.h"
#include "usage/usage.h"

/* Long enough for the answer to `unload` to leave before the loop ends. */
#define UNLOAD_GRACE_USEC 100000

struct daemon {
	const char *config_path;
	struct config *config;
	sd_event *event;
	struct store *store;
	struct fence *fence;
	struct ledger *ledger;
	struct counters *counters;
	struct transfers *transfers;
	struct usage *usage;
	struct feeds *feeds;
	struct outbox *outbox;
	struct notify *notify;
	struct api *api;
	struct error reload_error; /* empty: the last reload was taken */
	const char *problems[1];   /* what `status` shows of it */
	bool unloaded;
};

struct options {
	const char *config_path;
	const char *bpffs;
	bool check;
	bool unload;
};

static int begin_unload(void *userdata, struct error *error);

static struct api_context api_context(struct daemon *daemon)
{
	daemon->problems[0] = daemon->reload_error.text;
	return (struct api_context){
		.config = daemon->config,
		.ledger = daemon->ledger,
		.fence = daemon->fence,
		.feeds = daemon->feeds,
		.notify = daemon->notify,
		.store = daemon->store,
		.counters = daemon->counters,
		.usage = daemon->usage,
		.problems = daemon->problems,
		.problem_count = daemon->reload_error.text[0] ? 1 : 0,
		.unload = begin_unload,
		.userdata = daemon,
	};
}

static void on_events(void *userdata)
{
	struct daemon *daemon = userdata;

	notify_kick(daemon->notify);
	api_events_added(daemon->api);
}

static int end_loop(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)usec;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int begin_unload(void *userdata, struct error *error)
{
	struct daemon *daemon = userdata;
	int r = fence_unload(daemon->config->bpffs, error);

	if (r < 0)
		return r;
	log_info("enforcement is unloaded; ending");
	daemon->unloaded = true;
	r = sd_event_add_time_relative(daemon->event, NULL, CLOCK_MONOTONIC, UNLOAD_GRACE_USEC, 0,
				       end_loop, NULL);
	return r < 0 ? error_set(error, r, "cannot end the event loop: %s", strerror(-r)) : 0;
}

/* What is fixed while the daemon runs: a change is refused rather than half taken. */
static const char *needs_restart(const struct config *old, const struct config *new)
{
	if (memcmp(&old->limits, &new->limits, sizeof(old->limits)) != 0)
		return "limits";
	if (!text_same(old->state, new->state))
		return "state";
	if (!text_same(old->bpffs, new->bpffs))
		return "bpffs";
	if (!text_same(old->api.socket, new->api.socket) ||
	    !text_same(old->api.group, new->api.group) ||
	    !text_same(old->api.listen_host, new->api.listen_host) ||
	    old->api.listen_port != new->api.listen_port)
		return "api";
	return NULL;
}

/* Every part goes over to the new configuration, whatever another one meets; the first error. */
static int apply_config(struct daemon *daemon, struct error *error)
{
	struct error later;
	int first = fence_configure(daemon->fence, daemon->config, error), r;

	r = ledger_reconfigure(daemon->ledger, daemon->config, first < 0 ? &later : error);
	first = first < 0 ? first : r;
	r = fence_rewatch(daemon->fence, daemon->config, first < 0 ? &later : error);
	first = first < 0 ? first : r;
	r = feeds_reconfigure(daemon->feeds, daemon->config, first < 0 ? &later : error);
	first = first < 0 ? first : r;
	r = usage_reconfigure(daemon->usage, daemon->config, first < 0 ? &later : error);
	first = first < 0 ? first : r;
	r = notify_reconfigure(daemon->notify, daemon->config, first < 0 ? &later : error);
	return first < 0 ? first : r;
}

static int reload(struct daemon *daemon, struct error *error)
{
	_cleanup_(config_freep) struct config *config = NULL;
	struct config *old;
	const char *fixed;
	int r = config_load(daemon->config_path, &config, error);

	if (r < 0)
		return r;
	fixed = needs_restart(daemon->config, config);
	if (fixed)
		return error_set(error, -EINVAL, "%s: `%s` cannot change while running: restart",
				 daemon->config_path, fixed);
	old = daemon->config;
	daemon->config = STEAL(config);
	r = apply_config(daemon, error);
	if (r < 0)
		return r; /* the part that met the error may still use the old one: it stays */
	config_free(old);
	return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *daemon = userdata;
	struct api_context context;

	(void)source;
	(void)info;
	sd_notify(0, "RELOADING=1");
	daemon->reload_error.text[0] = '\0';
	if (reload(daemon, &daemon->reload_error) < 0) {
		error_prefix(&daemon->reload_error, 0, "the last reload failed");
		log_error("%s", daemon->reload_error.text);
	} else {
		log_info("%s: reloaded", daemon->config_path);
	}
	context = api_context(daemon);
	api_reconfigure(daemon->api, &context);
	sd_notify(0, "READY=1");
	return 0;
}

static int set_up_event(struct daemon *daemon, struct error *error)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);

	r = sd_event_new(&daemon->event);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, true);
	return r < 0 ? error_set(error, r, "cannot set up the event loop: %s", strerror(-r)) : 0;
}

static int start_notify(struct daemon *daemon, struct error *error)
{
	struct notify_outbox outbox;
	int r = outbox_new(daemon->store, &daemon->outbox, error);

	if (r < 0)
		return r;
	outbox = outbox_for_notify(daemon->outbox);
	return notify_new(daemon->event, daemon->transfers, daemon->config, &outbox,
			  &daemon->notify, error);
}

/* The maps are populated (ledger_open) before anything is attached (fence_watch). */
static int start(struct daemon *daemon, struct error *error)
{
	const struct config *config = daemon->config;
	struct api_context context;
	int r = set_up_event(daemon, error);

	if (r >= 0)
		r = store_open(config->state, &daemon->store, error);
	if (r >= 0)
		r = fence_open(config, &daemon->fence, error);
	if (r >= 0)
		r = ledger_open(daemon->event, config, daemon->store, daemon->fence,
				&daemon->ledger, error);
	if (r >= 0)
		r = fence_watch(daemon->fence, daemon->event, ledger_note_interface, daemon->ledger,
				error);
	if (r >= 0)
		r = counters_open(config->bpffs, &daemon->counters, error);
	if (r >= 0)
		r = transfers_new(daemon->event, &daemon->transfers, error);
	if (r >= 0)
		r = usage_new(daemon->event, daemon->transfers, daemon->counters, config,
			      &daemon->usage, error);
	if (r >= 0)
		r = feeds_new(daemon->event, config, &ledger_target, daemon->ledger, &daemon->feeds,
			      error);
	if (r >= 0)
		r = start_notify(daemon, error);
	if (r < 0)
		return r;
	context = api_context(daemon);
	r = api_new(daemon->event, &context, &daemon->api, error);
	if (r >= 0)
		store_watch_audit(daemon->store, on_events, daemon);
	return r;
}

static void stop(struct daemon *daemon)
{
	struct error error;

	if (daemon->store)
		store_watch_audit(daemon->store, NULL, NULL);
	api_free(daemon->api);
	notify_free(daemon->notify);
	outbox_free(daemon->outbox);
	feeds_free(daemon->feeds);
	usage_free(daemon->usage);
	transfers_free(daemon->transfers);
	counters_free(daemon->counters);
	ledger_free(daemon->ledger);
	fence_free(daemon->fence);
	store_free(daemon->store);
	sd_event_unref(daemon->event);
	/* An interface that came up in the meantime was given its hook again. */
	if (daemon->unloaded && fence_unload(daemon->config->bpffs, &error) < 0)
		log_error("%s", error.text);
}

static int run(const char *config_path, struct config *config)
{
	struct daemon daemon = {.config_path = config_path, .config = config};
	struct error error = {};
	int r = start(&daemon, &error);

	if (r < 0) {
		log_error("%s", error.text);
	} else {
		log_info("smtpfenced " SMTPFENCE_VERSION " is running");
		sd_notify(0, "READY=1");
		r = sd_event_loop(daemon.event);
		sd_notify(0, "STOPPING=1");
		log_info(daemon.unloaded ? "ended" : "ended; enforcement stays in place");
	}
	stop(&daemon);
	config_free(daemon.config);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void usage(FILE *stream)
{
	fprintf(stream,
		"usage: smtpfenced [--config FILE] [--check]\n"
		"       smtpfenced --unload [--bpffs PATH]\n"
		"\n"
		"  -c, --config FILE  configuration (" CONFIG_PATH_DEFAULT ")\n"
		"      --check        check the configuration and end\n"
		"      --unload       take enforcement away from the kernel and end\n"
		"      --bpffs PATH   what to unload (" CONFIG_BPFFS_DEFAULT ")\n"
		"  -v, --verbose      say more\n"
		"  -V, --version\n"
		"  -h, --help\n"
		"\n"
		"configuration keys, with their defaults:\n"
		"%s",
		config_reference());
}

/* 0: go on; otherwise the process ends with *@ret_status. */
static int parse_options(int argc, char **argv, struct options *options, int *ret_status)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'k'},
		{"unload", no_argument, NULL, 'u'},	  {"bpffs", required_argument, NULL, 'b'},
		{"verbose", no_argument, NULL, 'v'},	  {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},	  {},
	};
	int option;

	*ret_status = EXIT_SUCCESS;
	while ((option = getopt_long(argc, argv, "c:vVh", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config_path = optarg;
			break;
		case 'k':
			options->check = true;
			break;
		case 'u':
			options->unload = true;
			break;
		case 'b':
			options->bpffs = optarg;
			break;
		case 'v':
			log_set_level(LOG_LEVEL_DEBUG);
			break;
		case 'V':
			puts("smtpfenced " SMTPFENCE_VERSION);
			return 1;
		case 'h':
			usage(stdout);
			return 1;
		default:
			*ret_status = 2;
			return 1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "smtpfenced: unexpected argument \"%s\"\n", argv[optind]);
		*ret_status = 2;
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.config_path = CONFIG_PATH_DEFAULT,
				  .bpffs = CONFIG_BPFFS_DEFAULT};
	struct config *config;
	struct error error = {};
	int status;

	if (parse_options(argc, argv, &options, &status) != 0)
		return status;
	if (options.unload) {
		if (fence_unload(options.bpffs, &error) >= 0)
			return EXIT_SUCCESS;
		log_error("%s", error.text);
		return EXIT_FAILURE;
	}
	if (config_load(options.config_path, &config, &error) < 0) {
		log_error("%s", error.text);
		return 2;
	}
	if (options.check) {
		printf("%s: ok\n", options.config_path);
		config_free(config);
		return EXIT_SUCCESS;
	}
	return run(options.config_path, config);
}
