#include "io/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/memory.h"

static void set_v4(struct address *a, const struct sockaddr_in *v4, uint16_t port) {
	*a = (struct address){ .length = sizeof(*v4) };
	a->socket.v4 = *v4;
	a->socket.v4.sin_port = htons(port);
}

static void set_v6(struct address *a, const struct sockaddr_in6 *v6, uint16_t port) {
	*a = (struct address){ .length = sizeof(*v6) };
	a->socket.v6 = *v6;
	a->socket.v6.sin6_port = htons(port);
}

int address_from_socket(const struct sockaddr *socket, uint16_t port, struct address *ret) {
	if (socket->sa_family == AF_INET)
		set_v4(ret, (const struct sockaddr_in *)(const void *)socket, port);
	else if (socket->sa_family == AF_INET6)
		set_v6(ret, (const struct sockaddr_in6 *)(const void *)socket, port);
	else
		return -EAFNOSUPPORT;
	return 0;
}

/* RFC 4007 section 11: a link-local address with its zone, "fe80::1%eth0". */
static int parse_zoned(const char *literal, const char *percent, struct sockaddr_in6 *v6) {
	char bare[INET6_ADDRSTRLEN];
	size_t n = (size_t)(percent - literal);
	if (n >= sizeof(bare))
		return -EINVAL;
	memcpy(bare, literal, n);
	bare[n] = '\0';
	if (inet_pton(AF_INET6, bare, &v6->sin6_addr) != 1)
		return -EINVAL;
	v6->sin6_scope_id = if_nametoindex(percent + 1);
	return v6->sin6_scope_id > 0 ? 0 : -EINVAL;
}

int address_parse(const char *literal, uint16_t port, struct address *ret) {
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	if (inet_pton(AF_INET, literal, &v4.sin_addr) == 1) {
		set_v4(ret, &v4, port);
		return 0;
	}
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const char *percent = strchr(literal, '%');
	if (percent) {
		if (parse_zoned(literal, percent, &v6) < 0)
			return -EINVAL;
	} else if (inet_pton(AF_INET6, literal, &v6.sin6_addr) != 1)
		return -EINVAL;
	set_v6(ret, &v6, port);
	return 0;
}

bool address_is_loopback(const struct address *a) {
	if (a->socket.any.sa_family == AF_INET)
		return ntohl(a->socket.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	const struct in6_addr *v6 = &a->socket.v6.sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(v6))
		return v6->s6_addr[12] == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(v6);
}

char *address_format(const struct address *a) {
	char text[INET6_ADDRSTRLEN];
	bool v4 = a->socket.any.sa_family == AF_INET;
	const void *bytes =
		v4 ? (const void *)&a->socket.v4.sin_addr : (const void *)&a->socket.v6.sin6_addr;
	if (!inet_ntop(a->socket.any.sa_family, bytes, text, sizeof(text)))
		return memory_format("an unknown address");
	uint16_t port = ntohs(v4 ? a->socket.v4.sin_port : a->socket.v6.sin6_port);
	return memory_format("%s port %u", text, port);
}

/* The sizes that networks of end users have; it need not be exact to tell one from another. */
char *address_network(const struct address *a) {
	char text[INET6_ADDRSTRLEN];
	bool v4 = a->socket.any.sa_family == AF_INET;
	struct in_addr four = a->socket.v4.sin_addr;
	struct in6_addr six = a->socket.v6.sin6_addr;
	four.s_addr &= htonl(0xFFFFFF00);
	memset(six.s6_addr + 8, 0, 8);
	const void *bytes = v4 ? (const void *)&four : (const void *)&six;
	if (!inet_ntop(a->socket.any.sa_family, bytes, text, sizeof(text)))
		return memory_format("an unknown network");
	return memory_format("%s/%u", text, v4 ? 24 : 64);
}
