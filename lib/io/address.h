#pragma once
/* One address to connect to, port included. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} socket;
};

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0"; -EINVAL for anything else, names above all. */
int address_parse(const char *literal, uint16_t port, struct address *ret);

/* -EAFNOSUPPORT unless it is IPv4 or IPv6. */
int address_from_socket(const struct sockaddr *socket, uint16_t port, struct address *ret);

/* 127.0.0.0/8, ::1, and 127.0.0.0/8 written as IPv6. */
bool address_is_loopback(const struct address *a);

/* An owned text: "192.0.2.1 port 993". */
char *address_format(const struct address *a);

/* An owned text for the network that it is in: "192.0.2.0/24", "2001:db8::/64". */
char *address_network(const struct address *a);
