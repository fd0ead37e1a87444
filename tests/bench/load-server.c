/* An IMAP server for measuring, not for mail: thousands of TLS sessions in one process, canned
 * answers, and a stop watch from its own write of EXISTS to the D-Bus signal that it hears as a
 * subscriber. Each user uNNNNN has an INBOX, whose messages exist as a number only, and beside it
 * mailboxes M02 to M.N that stay empty.
 *
 *   load-server --port 0 --certificate FILE --key FILE [--notify] [--mailboxes N]
 *
 * Prints "port N", then obeys lines on stdin, each answered by one line:
 *   sessions            N idle sessions, N connections ever made, N of them resumed; bytes from and
 *                       to the clients and writes of theirs
 *   subscribe NAME      listen to NewMail of that bus name on the session bus
 *   deliver N GAP_USEC  N messages, one after another, to sessions drawn by chance, GAP apart, each
 *                       timed: N seen, median and p99 in usec, bytes and client writes a message
 *   load N GAP_USEC     the same, GAP from one to the next whether the last was seen or not
 *   quit */
#include <arpa/inet.h>
#include <dbus/dbus.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define USERS_MAX 20000
#define LINE_SIZE 2048
#define SAMPLES_MAX 100000
#define WAIT_USEC 5000000

struct session {
	int fd;
	SSL *ssl;
	bool is_greeted, is_idle, wants_push;
	int user;
	size_t n;
	char tag[64]; /* of the IDLE in flight */
	char *line; /* LINE_SIZE, while a line is unfinished */
};

struct user {
	uint32_t messages;
	struct session *idle;
	uint64_t written_usec; /* of the newest message; 0: its signal was seen */
};

struct counts {
	uint64_t connections, resumed, bytes_in, bytes_out, reads;
};

struct server {
	int epoll, listener;
	SSL_CTX *tls;
	DBusConnection *bus;
	bool notify;
	int n_mailboxes;
	struct user users[USERS_MAX];
	struct counts counts;
	uint32_t samples[SAMPLES_MAX];
	size_t n_samples, n_idle;
	char input[256]; /* of stdin */
	size_t n_input;
	bool is_done;
};

static struct server server;

static uint64_t now_usec(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void die(const char *what) {
	fprintf(stderr, "load-server: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

/* Sessions */

static void session_free(struct session *s) {
	if (s->is_idle) {
		server.n_idle--;
		server.users[s->user].idle = NULL;
	}
	close(s->fd);
	SSL_free(s->ssl);
	free(s->line);
	free(s);
}

/* Answers are small and clients read: a socket that does not take one is given up. */
static void session_write(struct session *s, const char *text) {
	int n = (int)strlen(text);
	if (SSL_write(s->ssl, text, n) == n)
		server.counts.bytes_out += (uint64_t)n;
}

__attribute__((format(printf, 2, 3))) static void session_say(
	struct session *s, const char *format, ...) {
	char text[4096];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	session_write(s, text);
}

#define CAPABILITIES "IMAP4rev1 SASL-IR ID IDLE ENABLE ESEARCH AUTH=PLAIN"

static const char *capabilities(void) {
	return server.notify ? CAPABILITIES " CONDSTORE QRESYNC LIST-STATUS NOTIFY" : CAPABILITIES;
}

static int message_text(char *to, size_t size, uint32_t n) {
	return snprintf(to, size,
		"* %u FETCH (UID %u FLAGS () INTERNALDATE \"23-Nov-2026 04:49:00 +0000\" "
		"RFC822.SIZE 4096 "
		"ENVELOPE (\"Mon, 23 Nov 2026 04:49:00 +0000\" \"A subject of the usual length\" "
		"((\"Ann Sender\" NIL \"ann\" \"example.com\")) NIL NIL ((NIL NIL \"user\" "
		"\"example.org\")) "
		"NIL NIL NIL \"<%u@example.com>\") BODY[HEADER.FIELDS (LIST-ID AUTO-SUBMITTED "
		"PRECEDENCE)] "
		"{2}\r\n\r\n)\r\n",
		n, n, n);
}

static void on_fetch(struct session *s, const char *tag, const char *arguments) {
	uint32_t messages = server.users[s->user].messages;
	uint32_t first = (uint32_t)strtoul(arguments, NULL, 10);
	char text[16384];
	size_t n = 0;
	if (first > messages)
		first = messages; /* n:* names the last message, however old */
	for (uint32_t i = first; i > 0 && i <= messages && n < sizeof(text) - 1024; i++)
		n += (size_t)message_text(text + n, sizeof(text) - n, i);
	snprintf(text + n, sizeof(text) - n, "%s OK done\r\n", tag);
	session_write(s, text);
}

static int user_of(const char *name) {
	int number = *name == 'u' ? atoi(name + 1) : 0;
	return number >= 0 && number < USERS_MAX ? number : 0;
}

static void on_authenticate(struct session *s, const char *tag, const char *response) {
	unsigned char plain[256] = { 0 };
	int n = (int)strlen(response);
	if (n == 0 || n > 256 || EVP_DecodeBlock(plain, (const unsigned char *)response, n) < 2) {
		session_say(s, "%s BAD\r\n", tag);
		return;
	}
	s->user = user_of((const char *)plain + 1);
	session_say(s, "%s OK [CAPABILITY %s] in\r\n", tag, capabilities());
}

static void on_idle(struct session *s, const char *tag) {
	snprintf(s->tag, sizeof(s->tag), "%s", tag);
	s->is_idle = true;
	server.n_idle++;
	server.users[s->user].idle = s;
	session_write(s, "+ idling\r\n");
}

static void on_done(struct session *s) {
	if (!s->is_idle)
		return;
	s->is_idle = false;
	server.n_idle--;
	server.users[s->user].idle = NULL;
	session_say(s, "%s OK done\r\n", s->tag);
}

/* "INBOX" or INBOX at the beginning of the arguments; NULL: it is another one. */
static bool is_inbox(const char *arguments) {
	return arguments && !strncasecmp(arguments + (*arguments == '"'), "INBOX", 5);
}

static void say_status(struct session *s, const char *name, size_t n_name, uint32_t messages) {
	session_say(s, "* STATUS %.*s (MESSAGES %u UIDNEXT %u UIDVALIDITY 7 UNSEEN %u)\r\n",
		(int)n_name, name, messages, messages + 1, messages);
}

static void on_status(struct session *s, const char *tag, const char *arguments) {
	size_t n = arguments ? strcspn(arguments, " ") : 0;
	say_status(s, arguments, n, is_inbox(arguments) ? server.users[s->user].messages : 0);
	session_say(s, "%s OK done\r\n", tag);
}

static void say_others(struct session *s) {
	char name[16];
	for (int i = 2; i <= server.n_mailboxes; i++) {
		snprintf(name, sizeof(name), "M%02d", i);
		say_status(s, name, strlen(name), 0);
	}
}

/* LIST ... RETURN (... STATUS ...) */
static void on_list(struct session *s, const char *tag, const char *arguments) {
	session_say(s, "* LIST () \"/\" INBOX\r\n");
	for (int i = 2; i <= server.n_mailboxes; i++)
		session_say(s, "* LIST () \"/\" M%02d\r\n", i);
	if (arguments && strstr(arguments, "STATUS")) {
		say_status(s, "INBOX", 5, server.users[s->user].messages);
		say_others(s);
	}
	session_say(s, "%s OK done\r\n", tag);
}

static void on_notify(struct session *s, const char *tag, const char *arguments) {
	s->wants_push = true;
	if (arguments && !strncmp(arguments, "SET STATUS", 10))
		say_others(s);
	session_say(s, "%s OK done\r\n", tag);
}

static void on_examine(struct session *s, const char *tag, const char *arguments) {
	uint32_t messages = is_inbox(arguments) ? server.users[s->user].messages : 0;
	session_say(s,
		"* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS ()] none\r\n* %u EXISTS\r\n* 0 RECENT\r\n"
		"* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %u] ok\r\n%s OK [READ-ONLY] open\r\n",
		messages, messages + 1, tag);
}

static void on_line(struct session *s, char *line) {
	if (!strcmp(line, "DONE")) {
		on_done(s);
		return;
	}
	char *rest = line, *tag = strsep(&rest, " "), *verb = strsep(&rest, " ");
	uint32_t messages = server.users[s->user].messages;
	if (!verb)
		return;
	if (!strcmp(verb, "AUTHENTICATE") && rest && !strncmp(rest, "PLAIN ", 6))
		on_authenticate(s, tag, rest + 6);
	else if (!strcmp(verb, "STATUS"))
		on_status(s, tag, rest);
	else if (!strcmp(verb, "LIST"))
		on_list(s, tag, rest);
	else if (!strcmp(verb, "NOTIFY"))
		on_notify(s, tag, rest);
	else if (!strcmp(verb, "EXAMINE"))
		on_examine(s, tag, rest);
	else if (!strcmp(verb, "IDLE"))
		on_idle(s, tag);
	else if (!strcmp(verb, "UID") && rest && !strncmp(rest, "FETCH ", 6))
		on_fetch(s, tag, rest + 6);
	else if (!strcmp(verb, "UID"))
		session_say(s, "* ESEARCH (TAG \"%s\") UID COUNT %u\r\n%s OK done\r\n", tag,
			messages, tag);
	else if (!strcmp(verb, "LOGOUT"))
		session_say(s, "* BYE\r\n%s OK done\r\n", tag);
	else
		session_say(s, "%s OK done\r\n", tag);
}

static void session_take(struct session *s, const char *bytes, size_t n) {
	if (!s->line && !(s->line = malloc(LINE_SIZE)))
		die("memory");
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			s->line[s->n] = 0;
			s->n = 0;
			on_line(s, s->line);
		} else if (bytes[i] != '\r' && s->n < LINE_SIZE - 1) {
			s->line[s->n++] = bytes[i];
		}
	}
	if (s->n == 0) {
		free(s->line);
		s->line = NULL;
	}
}

static void session_handshake(struct session *s) {
	int r = SSL_accept(s->ssl);
	if (r != 1) {
		int error = SSL_get_error(s->ssl, r);
		if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
			session_free(s);
		return;
	}
	s->is_greeted = true;
	server.counts.resumed += SSL_session_reused(s->ssl) ? 1 : 0;
	session_say(s, "* OK [CAPABILITY %s] ready\r\n", capabilities());
}

static void on_session(struct session *s) {
	if (!s->is_greeted) {
		session_handshake(s);
		if (!s->is_greeted)
			return;
	}
	char bytes[4096];
	int n;
	while ((n = SSL_read(s->ssl, bytes, sizeof(bytes))) > 0) {
		server.counts.bytes_in += (uint64_t)n;
		server.counts.reads++;
		session_take(s, bytes, (size_t)n);
	}
	if (SSL_get_error(s->ssl, n) == SSL_ERROR_WANT_READ)
		(void)SSL_free_buffers(s->ssl);
	else
		session_free(s);
}

static void on_connection(void) {
	int fd;
	while ((fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		int yes = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		struct session *s = calloc(1, sizeof(*s));
		if (!s)
			die("memory");
		s->fd = fd;
		s->ssl = SSL_new(server.tls);
		SSL_set_fd(s->ssl, fd);
		server.counts.connections++;
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };
		if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event) < 0)
			die("epoll");
	}
}

/* The subscriber */

static void on_signal(DBusMessage *message) {
	uint64_t heard = now_usec(), seq;
	const char *path;
	if (!dbus_message_get_args(message, NULL, DBUS_TYPE_UINT64, &seq, DBUS_TYPE_OBJECT_PATH,
		    &path, DBUS_TYPE_INVALID))
		return;
	const char *name = strrchr(path, '/') + 1;
	struct user *user = &server.users[user_of(name)];
	if (user->written_usec && server.n_samples < SAMPLES_MAX)
		server.samples[server.n_samples++] = (uint32_t)(heard - user->written_usec);
	user->written_usec = 0;
}

static void on_bus(void) {
	DBusMessage *message;
	dbus_connection_read_write(server.bus, 0);
	while ((message = dbus_connection_pop_message(server.bus))) {
		if (dbus_message_has_member(message, "NewMail"))
			on_signal(message);
		dbus_message_unref(message);
	}
}

static void subscribe(const char *name) {
	DBusError error = DBUS_ERROR_INIT;
	char rule[256];
	int fd;
	server.bus = dbus_bus_get_private(DBUS_BUS_SESSION, &error);
	snprintf(rule, sizeof(rule), "type='signal',member='NewMail',sender='%s'", name);
	if (server.bus)
		dbus_bus_add_match(server.bus, rule, &error);
	if (!server.bus || dbus_error_is_set(&error) ||
		!dbus_connection_get_unix_fd(server.bus, &fd))
		die(error.message ? error.message : "bus");
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &server.bus };
	if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll");
	printf("subscribed\n");
}

/* Delivery */

static void turn(int timeout_msec);

static void run_for(uint64_t usec, const struct user *until) {
	uint64_t end = now_usec() + usec;
	for (uint64_t now; (now = now_usec()) < end;) {
		turn(end - now > 1000 ? (int)((end - now) / 1000) : 0);
		if (until && until->written_usec == 0 && until->idle)
			return;
	}
}

static struct user *draw_idle_user(void) {
	for (int i = 0; i < 100 * USERS_MAX; i++) {
		struct user *user = &server.users[rand() % USERS_MAX];
		if (user->idle)
			return user;
	}
	return NULL;
}

static void deliver_to(struct user *user) {
	struct session *s = user->idle;
	char text[4096];
	int n = snprintf(text, sizeof(text), "* %u EXISTS\r\n", ++user->messages);
	if (s->wants_push)
		message_text(text + n, sizeof(text) - (size_t)n, user->messages);
	user->written_usec = now_usec();
	session_write(s, text);
}

static int compare(const void *a, const void *b) {
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

static void deliver_one_by_one(unsigned n, unsigned gap_usec) {
	for (unsigned i = 0; i < n; i++) {
		struct user *user = draw_idle_user();
		if (!user)
			die("no idle session");
		deliver_to(user);
		run_for(WAIT_USEC, user);
		user->written_usec = 0;
		run_for(gap_usec, NULL);
	}
}

/* No user gets a second message before the first was seen: its stop watch is one. */
static void deliver_steadily(unsigned n, unsigned gap_usec) {
	uint64_t begin = now_usec();
	for (unsigned i = 0; i < n; i++) {
		while (now_usec() < begin + (uint64_t)i * gap_usec)
			turn(0);
		struct user *user;
		while (!(user = draw_idle_user()) || user->written_usec)
			turn(0);
		deliver_to(user);
	}
	for (uint64_t end = now_usec() + WAIT_USEC; server.n_samples < n && now_usec() < end;)
		turn(1);
}

static void deliver(unsigned n, unsigned gap_usec, bool steadily) {
	struct counts before = server.counts;
	server.n_samples = 0;
	if (steadily)
		deliver_steadily(n, gap_usec);
	else
		deliver_one_by_one(n, gap_usec);
	qsort(server.samples, server.n_samples, sizeof(server.samples[0]), compare);
	size_t seen = server.n_samples;
	printf("seen %zu median %u p99 %u in %.0f out %.0f writes %.2f\n", seen,
		seen ? server.samples[seen / 2] : 0, seen ? server.samples[seen * 99 / 100] : 0,
		(double)(server.counts.bytes_in - before.bytes_in) / n,
		(double)(server.counts.bytes_out - before.bytes_out) / n,
		(double)(server.counts.reads - before.reads) / n);
}

/* The loop */

static void obey(const char *line) {
	unsigned n, gap;
	char name[128];
	if (!strcmp(line, "sessions"))
		printf("idle %zu connections %lu resumed %lu in %lu out %lu writes %lu\n",
			server.n_idle, (unsigned long)server.counts.connections,
			(unsigned long)server.counts.resumed, (unsigned long)server.counts.bytes_in,
			(unsigned long)server.counts.bytes_out, (unsigned long)server.counts.reads);
	else if (sscanf(line, "subscribe %127s", name) == 1)
		subscribe(name);
	else if (sscanf(line, "deliver %u %u", &n, &gap) == 2)
		deliver(n, gap, false);
	else if (sscanf(line, "load %u %u", &n, &gap) == 2)
		deliver(n, gap, true);
	else
		server.is_done = true;
	fflush(stdout);
}

static void on_stdin(void) {
	ssize_t n = read(STDIN_FILENO, server.input + server.n_input,
		sizeof(server.input) - server.n_input - 1);
	if (n <= 0) {
		server.is_done = true;
		return;
	}
	server.n_input += (size_t)n;
	server.input[server.n_input] = 0;
	char *end = strchr(server.input, '\n');
	if (end) {
		*end = 0;
		server.n_input = 0;
		obey(server.input);
	}
}

static void turn(int timeout_msec) {
	struct epoll_event events[64];
	int n = epoll_wait(server.epoll, events, 64, timeout_msec);
	for (int i = 0; i < n; i++) {
		void *what = events[i].data.ptr;
		if (what == &server.listener)
			on_connection();
		else if (what == &server.bus)
			on_bus();
		else if (what == &server.input)
			on_stdin();
		else
			on_session(what);
	}
}

static void watch(int fd, void *what) {
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
	if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll");
}

static void start_listening(int port) {
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t size = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int yes = 1;
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(server.listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(server.listener, (struct sockaddr *)&address, size) < 0 ||
		listen(server.listener, 4096) < 0 ||
		getsockname(server.listener, (struct sockaddr *)&address, &size) < 0)
		die("listen");
	printf("port %u\n", ntohs(address.sin_port));
	fflush(stdout);
}

static void load_certificate(const char *certificate, const char *key) {
	server.tls = SSL_CTX_new(TLS_server_method());
	if (!server.tls || SSL_CTX_use_certificate_chain_file(server.tls, certificate) != 1 ||
		SSL_CTX_use_PrivateKey_file(server.tls, key, SSL_FILETYPE_PEM) != 1)
		die("certificate");
	SSL_CTX_set_mode(server.tls, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_id_context(server.tls, (const unsigned char *)"load", 4);
}

int main(int argc, char **argv) {
	const char *certificate = "", *key = "";
	int port = 0;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--notify"))
			server.notify = true;
		else if (!strcmp(argv[i], "--port") && i + 1 < argc)
			port = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--mailboxes") && i + 1 < argc)
			server.n_mailboxes = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--certificate") && i + 1 < argc)
			certificate = argv[++i];
		else if (!strcmp(argv[i], "--key") && i + 1 < argc)
			key = argv[++i];
	}
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	signal(SIGPIPE, SIG_IGN);
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	load_certificate(certificate, key);
	start_listening(port);
	watch(server.listener, &server.listener);
	watch(STDIN_FILENO, &server.input);
	while (!server.is_done)
		turn(-1);
	return 0;
}
