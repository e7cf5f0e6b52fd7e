/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /metrics says: DESIGN, section 11. */
#include <errno.h>
#include <stdio.h>

#include "api/exposition.h"
#include "api/handlers.h"
#include "api/metrics_feeds.h"
#include "api/interfaces.h"
#include "api/notify.h"
#include "api/reply.h"
#include "api/status.h"
#include "base/prefix.h"

#define AT_GUESTS "; seen at guest ports only, so that no frame counts twice"

static const char *const verdict_names[] = {[SMTPFENCE_PASS] = "pass", [SMTPFENCE_DROP] = "drop"};
static const char *const family_names[] = {
	[SMTPFENCE_FAMILY_IPV4] = "ipv4", [SMTPFENCE_FAMILY_IPV6] = "ipv6"};

static void write_daemon(FILE *out, const struct api *api)
{
	exposition_head(out, "build_info", "gauge", "Version of the daemon, always 1");
	exposition_sample(out, "build_info", LABELS({"version", SMTPFENCE_VERSION}), 1);
	exposition_head(out, "enforcing", "gauge", "1 if blocked sources lose frames");
	exposition_sample(out, "enforcing", NO_LABELS, status_is_enforcing(api));
}

static void add_tally(struct smtpfence_tally *sum, const struct smtpfence_tally *tally)
{
	sum->packets += tally->packets;
	sum->bytes += tally->bytes;
	sum->attempts += tally->attempts;
}

struct tallies {
	struct smtpfence_tally by_verdict[ARRAY_SIZE(verdict_names)][SMTPFENCE_FAMILIES];
	struct smtpfence_tally by_reason[SMTPFENCE_REASON_COUNT];
};

static struct tallies add_up(const struct counters_totals *totals)
{
	struct tallies tallies = {};

	for (enum smtpfence_reason reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++) {
		for (unsigned int family = 0; family < SMTPFENCE_FAMILIES; family++) {
			const struct smtpfence_tally *tally =
				&totals->reasons[reason].tally[SMTPFENCE_ROLE_GUEST][family];

			add_tally(&tallies.by_verdict[counters_reason_verdict(reason)][family],
				  tally);
			add_tally(&tallies.by_reason[reason], tally);
		}
	}
	return tallies;
}

typedef __u64 (*tally_reader)(const struct smtpfence_tally *tally);

static __u64 packets_of(const struct smtpfence_tally *tally)
{
	return tally->packets;
}

static __u64 bytes_of(const struct smtpfence_tally *tally)
{
	return tally->bytes;
}

static __u64 attempts_of(const struct smtpfence_tally *tally)
{
	return tally->attempts;
}

static void write_by_verdict(FILE *out, const struct tallies *tallies, const char *name,
			     const char *help, tally_reader read)
{
	exposition_head(out, name, "counter", help);
	for (unsigned int verdict = 0; verdict < ARRAY_SIZE(verdict_names); verdict++) {
		for (unsigned int family = 0; family < SMTPFENCE_FAMILIES; family++)
			exposition_sample(out, name,
					  LABELS({"verdict", verdict_names[verdict]},
						 {"family", family_names[family]}),
					  (double)read(&tallies->by_verdict[verdict][family]));
	}
}

static int write_traffic(FILE *out, const struct api *api)
{
	struct counters_totals totals;
	struct tallies tallies;
	int r = counters_totals(api->context.counters, &totals);

	if (r < 0)
		return r;
	tallies = add_up(&totals);
	write_by_verdict(out, &tallies, "packets_total",
			 "Frames that are SMTP, or whose port cannot be told" AT_GUESTS,
			 packets_of);
	write_by_verdict(out, &tallies, "bytes_total", "Bytes of these frames" AT_GUESTS, bytes_of);
	write_by_verdict(out, &tallies, "connection_attempts_total",
			 "Of these frames, TCP with SYN and without ACK" AT_GUESTS, attempts_of);
	exposition_head(out, "frames_total", "counter",
			"Frames by the reason for their verdict" AT_GUESTS);
	for (enum smtpfence_reason reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++)
		exposition_sample(out, "frames_total",
				  LABELS({"reason", counters_reason_label(reason)}),
				  (double)tallies.by_reason[reason].packets);
	return 0;
}

static int count_sentence(const struct sentence *sentence, void *userdata)
{
	size_t *counts = userdata;

	counts[prefix_family(&sentence->prefix)]++;
	return 0;
}

/* Blocked ones are counted already; only the few that are being lifted have to be looked up. */
static int write_blocks(FILE *out, const struct api *api, const struct ledger_report *report)
{
	const size_t blocked[SMTPFENCE_FAMILIES] = {report->blocked_ipv4, report->blocked_ipv6};
	const struct sentence_filter filter = {.by_state = true, .state = SENTENCE_UNBLOCKING};
	size_t unblocking[SMTPFENCE_FAMILIES] = {};
	int r = store_each_sentence(api->context.store, &filter, count_sentence, unblocking, NULL);

	if (r < 0)
		return r;
	exposition_head(out, "blocks", "gauge",
			"Sentences that run and prefixes on lists, by state");
	for (unsigned int family = 0; family < SMTPFENCE_FAMILIES; family++) {
		exposition_sample(out, "blocks",
				  LABELS({"state", sentence_state_name(SENTENCE_BLOCKED)},
					 {"family", family_names[family]}),
				  (double)blocked[family]);
		exposition_sample(out, "blocks",
				  LABELS({"state", sentence_state_name(SENTENCE_UNBLOCKING)},
					 {"family", family_names[family]}),
				  (double)unblocking[family]);
	}
	return 0;
}

static void write_transitions(FILE *out, const struct ledger_report *report)
{
	exposition_head(out, "transitions_total", "counter", "Changes of state since the start");
	exposition_sample(out, "transitions_total",
			  LABELS({"to", sentence_state_name(SENTENCE_BLOCKED)}),
			  (double)report->transitions_blocked);
	exposition_sample(out, "transitions_total",
			  LABELS({"to", sentence_state_name(SENTENCE_UNBLOCKING)}),
			  (double)report->transitions_unblocking);
	exposition_sample(out, "transitions_total",
			  LABELS({"to", sentence_state_name(SENTENCE_UNBLOCKED)}),
			  (double)report->transitions_unblocked);
}

static void write_drift(FILE *out, const struct ledger_report *report)
{
	exposition_head(out, "drift_total", "counter",
			"Entries that an audit found different in the kernel, and mended");
	exposition_sample(out, "drift_total", LABELS({"kind", "missing"}),
			  (double)report->drift_missing);
	exposition_sample(out, "drift_total", LABELS({"kind", "wrong"}),
			  (double)report->drift_wrong);
	exposition_sample(out, "drift_total", LABELS({"kind", "extra"}),
			  (double)report->drift_extra);
}

static void write_applies(FILE *out, const struct ledger_report *report)
{
	uint64_t cumulated = 0;

	exposition_head(out, "apply_seconds", "histogram",
			"How long it took to put a change in force");
	for (size_t i = 0; i < ARRAY_SIZE(ledger_buckets); i++) {
		char bound[32];

		cumulated += report->apply_buckets[i];
		snprintf(bound, sizeof(bound), "%g", ledger_buckets[i]);
		exposition_sample(out, "apply_seconds_bucket", LABELS({"le", bound}),
				  (double)cumulated);
	}
	exposition_sample(out, "apply_seconds_bucket", LABELS({"le", "+Inf"}),
			  (double)report->applies);
	exposition_sample(out, "apply_seconds_sum", NO_LABELS, report->apply_seconds_sum);
	exposition_sample(out, "apply_seconds_count", NO_LABELS, (double)report->applies);
}

typedef double (*usage_reader)(const struct usage_report *report);

static double delivered_of(const struct usage_report *report)
{
	return (double)report->delivered;
}

static double waiting_of(const struct usage_report *report)
{
	return (double)report->waiting;
}

static double dropped_of(const struct usage_report *report)
{
	return (double)(report->dropped + report->refused);
}

static double errors_of(const struct usage_report *report)
{
	return (double)report->errors;
}

static void write_usage(FILE *out, const struct usage *usage)
{
	static const struct {
		const char *name, *type, *help;
		usage_reader read;
	} rows[] = {
		{"usage_last_delivery_timestamp_seconds", "gauge",
		 "When the last report that was delivered was written; 0: none yet", delivered_of},
		{"usage_waiting_reports", "gauge", "Reports in the spool", waiting_of},
		{"usage_dropped_reports_total", "counter",
		 "Reports that the spool had no room for, or that were refused", dropped_of},
		{"usage_errors_total", "counter", "Tries to deliver a report that failed",
		 errors_of},
	};

	for (size_t row = 0; row < ARRAY_SIZE(rows); row++) {
		exposition_head(out, rows[row].name, rows[row].type, rows[row].help);
		for (size_t i = 0; i < usage_count(usage); i++) {
			struct usage_report report = usage_report(usage, i);

			exposition_sample(out, rows[row].name,
					  LABELS({"receiver", report.config->name}),
					  rows[row].read(&report));
		}
	}
}

static void write_maps(FILE *out, struct counters *counters)
{
	struct counters_map maps[COUNTERS_MAPS];
	size_t count = counters_maps(counters, maps);

	exposition_head(out, "map_entries", "gauge", "Entries in the map");
	for (size_t i = 0; i < count; i++)
		exposition_sample(out, "map_entries", LABELS({"map", maps[i].name}),
				  (double)maps[i].entries);
	exposition_head(out, "map_max_entries", "gauge", "Most entries that the map can hold");
	for (size_t i = 0; i < count; i++)
		exposition_sample(out, "map_max_entries", LABELS({"map", maps[i].name}),
				  (double)maps[i].max);
}

static void write_interfaces(FILE *out, const struct fence *fence)
{
	exposition_head(out, "interface_covered", "gauge", "1 if the interface has its hook");
	for (size_t i = 0; i < fence_interface_count(fence); i++) {
		const struct fence_interface *interface = fence_interface_at(fence, i);
		const char *hook = interface_hook_name(interface->hook);

		exposition_sample(
			out, "interface_covered",
			LABELS({"interface", interface->name}, {"hook", hook ? hook : "none"}),
			interface->covered);
	}
}

static int write_all(FILE *out, const struct api *api, struct error *error)
{
	const struct api_context *context = &api->context;
	struct ledger_report report = ledger_report(context->ledger);

	write_daemon(out, api);
	if (write_traffic(out, api) < 0)
		return error_set(error, -EIO, "the map `totals` cannot be read");
	if (write_blocks(out, api, &report) < 0)
		return error_set(error, -EIO, "the store cannot be read");
	write_transitions(out, &report);
	metrics_feeds(out, context->feeds);
	write_usage(out, context->usage);
	write_maps(out, context->counters);
	write_drift(out, &report);
	write_interfaces(out, context->fence);
	write_applies(out, &report);
	notify_write_metrics(out, context->notify);
	return 0;
}

int metrics_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	_cleanup_(reply_text_clear) struct reply_text text = {};
	int r = reply_text_open(&text, error);

	(void)request;
	if (r >= 0)
		r = write_all(text.stream, api, error);
	return r < 0 ? r : reply_text_finish(&text, reply, "text/plain; version=0.0.4", error);
}
