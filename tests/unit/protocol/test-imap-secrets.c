/* when a login is over, right or wrong, its password is nowhere in the memory of the
 * process: not as it is, not in base64, not in what was given back to the allocator. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "protocol/imap-session.h"
#include "protocol/pop3-session.h"

/* Needles are kept disguised: the search must not find itself. */
#define DISGUISE 0x55
#define CHUNK ((size_t)1024 * 1024)
#define NEEDLE_MAX 64
/* Shadow memory of a sanitizer. */
#define REGION_MAX ((uint64_t)4 * 1024 * 1024 * 1024)

/* "Xq7-secret-Zz9 pw" and the middle of its base64 behind NUL alice NUL */
static const uint8_t password[] = { 0x0d, 0x24, 0x62, 0x78, 0x26, 0x30, 0x36, 0x27, 0x30, 0x21,
	0x78, 0x0f, 0x2f, 0x6c, 0x75, 0x25, 0x22 };
static const uint8_t base64[] = { 0x0f, 0x02, 0x1b, 0x2c, 0x0f, 0x0d, 0x04, 0x21, 0x02, 0x3b, 0x3a,
	0x60, 0x1c };

struct search {
	const uint8_t *needle; /* disguised */
	size_t n;
	uint8_t *chunk;
	int fd;
};

static bool chunk_has(const struct search *s, size_t n) {
	const uint8_t *p = s->chunk, *end = s->chunk + n;
	while ((p = memchr(p, s->needle[0] ^ DISGUISE, (size_t)(end - p)))) {
		size_t k = 1;
		while (k < s->n && p + k < end && (p[k] ^ DISGUISE) == s->needle[k])
			k++;
		if (k == s->n)
			return true;
		p++;
	}
	return false;
}

static bool region_has(const struct search *s, uint64_t from, uint64_t to) {
	for (uint64_t at = from; at < to; at += CHUNK - NEEDLE_MAX) {
		size_t want = to - at < CHUNK ? (size_t)(to - at) : CHUNK;
		ssize_t n = pread(s->fd, s->chunk, want, (off_t)at);
		if (n > 0 && chunk_has(s, (size_t)n))
			return true;
	}
	return false;
}

/* All that the process may write to, but for the place where it is read to. */
static bool memory_has(const uint8_t *needle, size_t n) {
	struct search s = { .needle = needle, .n = n };
	s.chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s.fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "re");
	assert_true(s.chunk != MAP_FAILED && s.fd >= 0 && maps);
	bool found = false;
	char line[512], rights[8];
	uint64_t from, to;
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, rights) != 3)
			continue;
		bool ours =
			from <= (uint64_t)(uintptr_t)s.chunk && (uint64_t)(uintptr_t)s.chunk < to;
		if (rights[1] == 'w' && !ours && to - from < REGION_MAX)
			found = region_has(&s, from, to);
	}
	fclose(maps);
	close(s.fd);
	munmap(s.chunk, CHUNK);
	return found;
}

static bool password_is_in_memory(void) {
	return memory_has(password, sizeof(password)) || memory_has(base64, sizeof(base64));
}

static struct imap_session *session(enum sasl_mechanism auth, const char *user) {
	char plain[sizeof(password) + 1] = "";
	for (size_t i = 0; i < sizeof(password); i++)
		plain[i] = (char)(password[i] ^ DISGUISE);
	struct imap_session *s = imap_session_new(
		&(struct imap_login){ .login = { .host = "imap.example.org",
					      .user = user,
					      .is_token = auth == SASL_MECHANISM_XOAUTH2 ||
							  auth == SASL_MECHANISM_OAUTHBEARER,
					      .secret = plain,
					      .auth = auth,
					      .nonce = "fyko+d2lbbFgONRv9qkxdawL" } });
	memory_erase(plain, sizeof(plain));
	imap_session_watch(s, "INBOX");
	imap_session_tick(s, USEC_PER_SEC);
	return s;
}

static void say(struct imap_session *s, const char *text, char ret_tag[8]) {
	struct imap_event event;
	const uint8_t *bytes;
	imap_session_feed(s, text, strlen(text));
	while (imap_session_next(s, &event) > 0)
		continue;
	size_t n = imap_session_output(s, &bytes);
	if (n > 7 && bytes[6] == ' ') {
		memcpy(ret_tag, bytes, 6);
		ret_tag[6] = '\0';
	}
	imap_session_sent(s, n);
}

static void answer(struct imap_session *s, const char *text, char tag[8]) {
	CLEANUP_TEXT char *line = memory_format("%s %s\r\n", tag, text);
	say(s, line, tag);
}

/* The search finds what is there: while a login waits for its answer the password is. */
static void test_search(void **state) {
	char tag[8];
	struct imap_session *s = session(SASL_MECHANISM_LOGIN, "alice");
	assert_true(password_is_in_memory());
	say(s, "* OK [CAPABILITY IMAP4rev1] hi\r\n", tag);
	imap_session_free(s);
	assert_false(password_is_in_memory());
}

static void test_plain(void **state) {
	char tag[8];
	struct imap_session *s = session(SASL_MECHANISM_PLAIN, "alice");
	say(s, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n", tag);
	answer(s, "OK welcome", tag);
	assert_false(password_is_in_memory());
	imap_session_free(s);
	assert_false(password_is_in_memory());
}

static void test_plain_behind_a_challenge(void **state) {
	char tag[8];
	struct imap_session *s = session(SASL_MECHANISM_PLAIN, "alice");
	say(s, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n", tag);
	say(s, "+ \r\n", tag);
	answer(s, "NO [AUTHENTICATIONFAILED] no", tag);
	assert_false(password_is_in_memory());
	imap_session_free(s);
}

static void test_login(void **state) {
	char tag[8];
	struct imap_session *s = session(SASL_MECHANISM_LOGIN, "alice");
	say(s, "* OK [CAPABILITY IMAP4rev1] hi\r\n", tag);
	answer(s, "OK welcome", tag);
	assert_false(password_is_in_memory());
	imap_session_free(s);
}

static void test_login_with_literals(void **state) {
	char tag[8];
	struct imap_session *s = session(SASL_MECHANISM_LOGIN, "j\xc3\xbcrgen");
	say(s, "* OK [CAPABILITY IMAP4rev1] hi\r\n", tag);
	say(s, "+ go ahead\r\n", tag);
	answer(s, "BAD no", tag);
	assert_false(password_is_in_memory());
	imap_session_free(s);
}

static const char scram_first[] = "+ "
				  "cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1R"
				  "U1hDUitRNnNlazhiZjkyLGk9NDA5Ng==\r\n";

/* refused in the middle, and behind its proof. */
static void a_27_scram(void **state) {
	char tag[8];
	for (int steps = 1; steps <= 2; steps++) {
		struct imap_session *s = session(SASL_MECHANISM_SCRAM_SHA_256, "alice");
		say(s, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] hi\r\n", tag);
		if (steps > 1) {
			char none[8];
			say(s, scram_first, none);
		}
		answer(s, "NO [AUTHENTICATIONFAILED] no", tag);
		assert_false(password_is_in_memory());
		imap_session_free(s);
	}
}

static void a_27_token(void **state) {
	static const enum sasl_mechanism mechanisms[] = { SASL_MECHANISM_XOAUTH2,
		SASL_MECHANISM_OAUTHBEARER };
	char tag[8];
	for (size_t i = 0; i < 2; i++) {
		struct imap_session *s = session(mechanisms[i], "alice");
		say(s, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER] hi\r\n",
			tag);
		answer(s, "OK welcome", tag);
		assert_false(password_is_in_memory());
		imap_session_free(s);
	}
}

static void a_27_login_mechanism(void **state) {
	char tag[8], none[8];
	struct imap_session *s = session(SASL_MECHANISM_LOGIN, "alice");
	say(s, "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=LOGIN] hi\r\n", tag);
	say(s, "+ VXNlcm5hbWU6\r\n", none);
	say(s, "+ UGFzc3dvcmQ6\r\n", none);
	answer(s, "NO [AUTHENTICATIONFAILED] no", tag);
	assert_false(password_is_in_memory());
	imap_session_free(s);
}

static void pop3_say(struct pop3_session *s, const char *text) {
	struct pop3_event event;
	const uint8_t *bytes;
	pop3_session_feed(s, text, strlen(text));
	while (pop3_session_next(s, &event) > 0)
		continue;
	size_t n = pop3_session_output(s, &bytes);
	pop3_session_sent(s, n);
}

/* The lines of a server up to the one that lets us in. */
static void pop3_converse(bool is_token, const char *const *lines) {
	static const uint8_t key[16] = "a key for tests";
	struct pop3_state mailbox;
	char plain[sizeof(password) + 1] = "";
	for (size_t i = 0; i < sizeof(password); i++)
		plain[i] = (char)(password[i] ^ DISGUISE);
	const struct pop3_login login = { .login = { .host = "pop.example.org",
						  .user = "alice",
						  .secret = plain,
						  .is_token = is_token } };
	pop3_state_init(&mailbox, key);
	struct pop3_session *s = pop3_session_new(&login, &mailbox, USEC_PER_SEC);
	memory_erase(plain, sizeof(plain));
	pop3_session_tick(s, USEC_PER_SEC);
	for (; *lines; lines++)
		pop3_say(s, *lines);
	assert_false(password_is_in_memory());
	pop3_session_free(s);
	pop3_state_deinit(&mailbox);
	assert_false(password_is_in_memory());
}

static void a_27_pop3(void **state) {
	static const char *const by_command[] = { "+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n",
		NULL };
	static const char *const by_plain[] = { "+OK\r\n", "+OK\r\nSASL PLAIN\r\n.\r\n", "+OK\r\n",
		NULL };
	static const char *const by_token[] = { "+OK\r\n", "+OK\r\nSASL XOAUTH2\r\n.\r\n",
		"+OK\r\n", NULL };
	pop3_converse(false, by_command);
	pop3_converse(false, by_plain);
	pop3_converse(true, by_token);
}

/* Given up while the password waits to be sent. */
static void test_unsent(void **state) {
	static const char greeting[] =
		"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n* BYE\r\n";
	struct imap_event event;
	struct imap_session *s = session(SASL_MECHANISM_NONE, "alice");
	imap_session_feed(s, greeting, strlen(greeting));
	while (imap_session_next(s, &event) > 0)
		continue;
	assert_false(password_is_in_memory());
	imap_session_free(s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_behind_a_challenge),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_login_with_literals),
		cmocka_unit_test(a_27_scram),
		cmocka_unit_test(a_27_token),
		cmocka_unit_test(a_27_login_mechanism),
		cmocka_unit_test(a_27_pop3),
		cmocka_unit_test(test_unsent),
	};
	return cmocka_run_group_tests_name("imap-secrets", tests, NULL, NULL);
}
