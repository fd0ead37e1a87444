#include "name-server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/memory.h"

#define HEADER_BYTES 12
#define TYPE_A 1
#define TYPE_AAAA 28

static void must(bool done) {
	if (!done)
		abort();
}

/* RFC 1035 section 4.1.2; the offset behind the question, or 0. */
static size_t read_question(const uint8_t *message, size_t n, char *name, size_t size) {
	size_t at = HEADER_BYTES, length = 0;
	while (at < n && message[at] != 0) {
		size_t label = message[at++];
		if (at + label >= n || length + label + 2 > size)
			return 0;
		memcpy(name + length, message + at, label);
		length += label;
		name[length++] = '.';
		at += label;
	}
	name[length > 0 ? length - 1 : 0] = '\0';
	return at + 5 <= n ? at + 5 : 0;
}

static const struct name_entry *find(const struct name_server *s, const char *name) {
	for (const struct name_entry *e = s->table; e->name; e++)
		if (strcasecmp(e->name, name) == 0)
			return e;
	return NULL;
}

/* One record with the question's own name, valid for no time. */
static size_t append_address(uint8_t *to, int type, const char *address) {
	bool v4 = type == TYPE_A;
	size_t n = v4 ? 4 : 16;
	uint8_t head[] = { 0xC0, HEADER_BYTES, 0, (uint8_t)type, 0, 1, 0, 0, 0, 0, 0, (uint8_t)n };
	memcpy(to, head, sizeof(head));
	must(inet_pton(v4 ? AF_INET : AF_INET6, address, to + sizeof(head)) == 1);
	return sizeof(head) + n;
}

/* The size of the whole answer; 0: there are none of this name. */
static size_t answer_records(
	const struct name_server *s, const char *name, uint8_t *message, size_t end) {
	for (const struct name_records *r = s->records; r && r->name; r++) {
		if (strcasecmp(r->name, name) != 0)
			continue;
		message[2] |= 0x80;
		message[3] = 0x80;
		memset(message + 6, 0, 6);
		message[7] = r->n;
		memcpy(message + end, r->bytes, r->n_bytes);
		return end + r->n_bytes;
	}
	return 0;
}

static size_t answer(const struct name_server *s, uint8_t *message, size_t n) {
	char name[256];
	size_t end = read_question(message, n, name, sizeof(name));
	if (end == 0)
		return 0;
	size_t size = answer_records(s, name, message, end);
	if (size > 0)
		return size;
	const struct name_entry *e = find(s, name);
	enum name_answer kind = e ? e->answer : NAME_UNKNOWN;
	if (kind == NAME_SILENCE)
		return 0;
	message[2] |= 0x80; /* an answer */
	message[3] = (uint8_t)(0x80 | (kind == NAME_UNKNOWN ? 3 : kind == NAME_FAILURE ? 2 : 0));
	memset(message + 6, 0, 6); /* no EDNS record, whatever was asked with */
	if (kind == NAME_GARBAGE) {
		message[7] = 9; /* records that are not there */
		return end;
	}
	int type = message[end - 3];
	const char *address = !e ? NULL : type == TYPE_A ? e->v4 : type == TYPE_AAAA ? e->v6 : NULL;
	if (kind != NAME_ADDRESSES || !address)
		return end;
	message[7] = 1;
	return end + append_address(message + end, type, address);
}

static int on_question(sd_event_source *source, int fd, uint32_t events, void *userdata) {
	struct name_server *s = userdata;
	uint8_t message[1024];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &length);
	if (n < HEADER_BYTES)
		return 0;
	s->n_asked++;
	size_t size = answer(s, message, (size_t)n);
	if (size > 0)
		must(sendto(fd, message, size, 0, (struct sockaddr *)&from, length) ==
			(ssize_t)size);
	return 0;
}

struct name_server *name_server_new(sd_event *loop, const struct name_entry *table) {
	struct name_server *s = MEMORY_NEW(struct name_server);
	s->table = table;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t length = sizeof(address);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0);
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	(void)snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", ntohs(address.sin_port));
	must(sd_event_add_io(loop, &s->io, fd, EPOLLIN, on_question, s) >= 0);
	must(sd_event_source_set_io_fd_own(s->io, 1) >= 0);
	return s;
}

struct name_server *name_server_free(struct name_server *s) {
	if (!s)
		return NULL;
	sd_event_source_disable_unref(s->io);
	return memory_free(s);
}
