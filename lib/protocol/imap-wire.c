#include "protocol/imap-wire.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"

/* What may wait for next(): as much as a stream reads at once, with room to spare. */
#define INPUT_MAX ((size_t)64 * 1024 * 1024)
#define OUTPUT_MAX ((size_t)64 * 1024)

void imap_wire_init(struct imap_wire *w, uint64_t tag_seed, uint32_t n_tags) {
	*w = (struct imap_wire){ .tag_seed = tag_seed, .n_tags = n_tags };
	buffer_init(&w->input, INPUT_MAX);
	buffer_init_secret(&w->output, OUTPUT_MAX);
}

void imap_wire_deinit(struct imap_wire *w) {
	buffer_deinit(&w->input);
	buffer_deinit(&w->output);
}

void imap_wire_clear(struct imap_wire *w) {
	buffer_clear(&w->input);
	buffer_clear(&w->output);
}

void imap_wire_send_text(struct imap_wire *w, const char *text) {
	/* everything that can be long was measured before */
	(void)buffer_append_text(&w->output, text);
	w->n_written += (uint32_t)strlen(text);
}

size_t imap_wire_output(const struct imap_wire *w, bool one_at_a_time, const uint8_t **ret_bytes) {
	*ret_bytes = buffer_bytes(&w->output);
	if (!one_at_a_time || w->n_flights < 2)
		return w->output.n;
	int32_t left = (int32_t)(w->flights[1].begin - w->n_sent);
	return left > 0 ? MIN((size_t)left, w->output.n) : 0;
}

static struct imap_flight *begin_command(struct imap_wire *w, enum imap_command_kind kind) {
	assert(w->n_flights < IMAP_FLIGHTS_MAX);
	struct imap_flight *flight = &w->flights[w->n_flights++];
	*flight = (struct imap_flight){ .kind = (uint8_t)kind, .begin = w->n_written };
	imap_command_tag(w->tag_seed, w->n_tags++, flight->tag);
	imap_wire_send_text(w, flight->tag);
	imap_wire_send_text(w, " ");
	return flight;
}

void imap_wire_send(struct imap_wire *w, enum imap_command_kind kind, const char *format, ...) {
	struct imap_flight *flight = begin_command(w, kind);
	va_list arguments;
	va_start(arguments, format);
	CLEANUP_TEXT char *command = memory_vformat(format, arguments);
	va_end(arguments);
	imap_wire_send_text(w, command);
	imap_wire_send_text(w, "\r\n");
	flight->end = w->n_written;
}

/* Formatting leaves copies behind: a secret goes straight to where it is erased. */
void imap_wire_send_secret(
	struct imap_wire *w, enum imap_command_kind kind, const char *command, const char *secret) {
	struct imap_flight *flight = begin_command(w, kind);
	imap_wire_send_text(w, command);
	imap_wire_send_text(w, secret);
	imap_wire_send_text(w, "\r\n");
	flight->end = w->n_written;
}

void imap_wire_set_place(struct imap_wire *w, size_t place) {
	w->flights[w->n_flights - 1].place = (uint32_t)place;
}

bool imap_wire_is_out(const struct imap_wire *w, const struct imap_flight *flight) {
	return (int32_t)(flight->end - w->n_sent) <= 0;
}

bool imap_wire_awaits(const struct imap_wire *w, enum imap_command_kind kind) {
	for (unsigned i = 0; i < w->n_flights; i++)
		if (w->flights[i].kind == kind)
			return true;
	return false;
}

bool imap_wire_land(struct imap_wire *w, const char *tag, struct imap_flight *ret) {
	for (unsigned i = 0; i < w->n_flights; i++) {
		if (strcmp(w->flights[i].tag, tag) != 0 || !imap_wire_is_out(w, &w->flights[i]))
			continue;
		*ret = w->flights[i];
		w->n_flights--;
		memmove(&w->flights[i], &w->flights[i + 1],
			(w->n_flights - i) * sizeof(w->flights[0]));
		return true;
	}
	return false;
}
