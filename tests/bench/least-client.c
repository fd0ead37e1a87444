/* The floor: the least that a client on this machine can do. Logs in, sits in IDLE, answers EXISTS
 * by DONE, UID FETCH and IDLE in one write (or has the message pushed, by NOTIFY), and sends a D-Bus
 * signal when the FETCH is complete. It verifies nothing, stores nothing, parses next to nothing; idle
 * sessions hold no buffers.
 *
 *   least-client PORT SESSIONS [notify]      ends with its standard input */
#include <arpa/inet.h>
#include <dbus/dbus.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUS_NAME "org.posthorn.Least1"
#define ITEMS                                                                           \
	"UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY.PEEK[HEADER.FIELDS (LIST-ID " \
	"AUTO-SUBMITTED)]"

struct session {
	SSL *ssl;
	int fd, user;
	bool is_in, is_idle, was_idle;
};

struct client {
	int epoll, port;
	SSL_CTX *tls;
	DBusConnection *bus;
	uint64_t seq;
	int n_started, n_wanted;
	bool notify;
};

static struct client client;

static void die(const char *what) {
	fprintf(stderr, "least-client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void say(struct session *s, const char *text) {
	SSL_write(s->ssl, text, (int)strlen(text));
}

static void start_one(void);

static void authenticate(struct session *s) {
	char plain[64], encoded[128], line[256];
	int n = snprintf(plain, sizeof(plain), "%cu%05d%cload-pw", 0, s->user, 0);
	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)plain, n);
	snprintf(line, sizeof(line), "a AUTHENTICATE PLAIN %s\r\n", encoded);
	say(s, line);
}

static void announce(const struct session *s) {
	char path[64];
	const char *p = path;
	DBusMessageIter iter, dict;
	snprintf(path, sizeof(path), "/org/posthorn/Least1/account/u%05d", s->user);
	DBusMessage *m = dbus_message_new_signal("/org/posthorn/Least1", BUS_NAME, "NewMail");
	client.seq++;
	dbus_message_iter_init_append(m, &iter);
	dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &client.seq);
	dbus_message_iter_append_basic(&iter, DBUS_TYPE_OBJECT_PATH, &p);
	dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &dict);
	dbus_message_iter_close_container(&iter, &dict);
	dbus_connection_send(client.bus, m, NULL);
	dbus_connection_flush(client.bus);
	dbus_message_unref(m);
}

static void fetch(struct session *s, unsigned n) {
	char text[256];
	s->is_idle = false;
	snprintf(text, sizeof(text),
		"DONE\r\nd UID FETCH %u:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE "
		"BODY.PEEK[HEADER.FIELDS (LIST-ID AUTO-SUBMITTED PRECEDENCE)])\r\nc IDLE\r\n",
		n);
	say(s, text);
}

static const char *opening(void) {
	return client.notify ? "b EXAMINE INBOX\r\nn NOTIFY SET (SELECTED (MessageNew (" ITEMS
			       ") MessageExpunge FlagChange))\r\nc IDLE\r\n"
			     : "b EXAMINE INBOX\r\nc IDLE\r\n";
}

static void on_line(struct session *s, const char *line) {
	unsigned n;
	if (!strncmp(line, "* OK", 4) && !s->is_in) {
		s->is_in = true;
		authenticate(s);
	} else if (!strncmp(line, "a OK", 4)) {
		say(s, opening());
	} else if (!strncmp(line, "+ ", 2)) {
		s->is_idle = true;
		if (!s->was_idle)
			start_one();
		s->was_idle = true;
	} else if (client.notify && s->is_idle && sscanf(line, "* %u FETCH (UID", &n) == 1) {
		announce(s);
	} else if (!client.notify && s->is_idle && sscanf(line, "* %u EXISTS", &n) == 1) {
		fetch(s, n);
	} else if (!strncmp(line, "d OK", 4)) {
		announce(s);
	}
}

static void on_session(struct session *s) {
	char bytes[16384];
	int n;
	while ((n = SSL_read(s->ssl, bytes, sizeof(bytes) - 1)) > 0) {
		bytes[n] = 0;
		for (char *rest = bytes, *line; (line = strsep(&rest, "\n"));)
			on_line(s, line);
	}
	if (SSL_get_error(s->ssl, n) != SSL_ERROR_WANT_READ)
		die("a session ended");
	SSL_free_buffers(s->ssl);
	int yes = 1;
	setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof(yes));
}

static void start_one(void) {
	if (client.n_started == client.n_wanted)
		return;
	struct session *s = calloc(1, sizeof(*s));
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)client.port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->user = ++client.n_started;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(s->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	int yes = 1;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	s->ssl = SSL_new(client.tls);
	SSL_set_fd(s->ssl, s->fd);
	if (SSL_connect(s->ssl) != 1)
		die("handshake");
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };
	int flags = 1;
	if (ioctl(s->fd, FIONBIO, &flags) < 0 ||
		epoll_ctl(client.epoll, EPOLL_CTL_ADD, s->fd, &event) < 0)
		die("epoll");
}

static void connect_bus(void) {
	DBusError error = DBUS_ERROR_INIT;
	client.bus = dbus_bus_get_private(DBUS_BUS_SESSION, &error);
	if (!client.bus || dbus_bus_request_name(client.bus, BUS_NAME, 0, &error) < 0)
		die("bus");
}

int main(int argc, char **argv) {
	if (argc < 3)
		die("usage: least-client PORT SESSIONS [notify]");
	client.notify = argc > 3;
	client.port = atoi(argv[1]);
	client.n_wanted = atoi(argv[2]);
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	signal(SIGPIPE, SIG_IGN);
	client.epoll = epoll_create1(EPOLL_CLOEXEC);
	client.tls = SSL_CTX_new(TLS_client_method());
	connect_bus();
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	epoll_ctl(client.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
	for (int i = 0; i < 32; i++)
		start_one();
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(client.epoll, events, 64, -1);
		for (int i = 0; i < n; i++) {
			if (!events[i].data.ptr)
				return 0;
			on_session(events[i].data.ptr);
		}
	}
}
