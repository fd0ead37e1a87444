#include "notify/mail-program.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/words.h"

#include <gio/gdesktopappinfo.h>
#include <gio/gio.h>
#include <string.h>

#define WORD_BYTES_MAX (64 * 1024)

char *mail_program_check(char *const *command) {
	for (; *command; command++)
		for (const char *at = *command; (at = strchr(at, '%')); at += 2)
			if (!at[1] || !strchr("iafm%", at[1]))
				return memory_format(
					"'%s': what follows %% is i, a, f, m or %%", *command);
	return NULL;
}

/* The sender wrote it: what could be an option, or more than one word, is none. Owned. */
static char *safe_word(const char *word, size_t n) {
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)word[i] <= ' ' || word[i] == 0x7F)
			return memory_strdup("");
	return *word == '-' ? memory_strdup("") : memory_strndup(word, n);
}

static char *sender_address(const struct news_mail *mail) {
	const char *address = mail->from_address ? mail->from_address : "";

	return safe_word(address, strlen(address));
}

static char *message_id(const struct news_mail *mail) {
	const char *id = mail->message_id ? mail->message_id : "";

	id += strspn(id, " \t<");
	return safe_word(id, strcspn(id, ">"));
}

static char *expand(const char *word, const char *account, const struct news_mail *mail) {
	CLEANUP_TEXT char *mid = message_id(mail), *from = sender_address(mail);
	struct buffer text;

	buffer_init(&text, WORD_BYTES_MAX);
	for (; *word; word++) {
		if (*word != '%' || !word[1]) {
			(void)buffer_append(&text, word, 1);
			continue;
		}
		word++;
		if (*word == 'i')
			(void)buffer_append_text(&text, mail->id ? mail->id : "");
		else if (*word == 'a')
			(void)buffer_append_text(&text, account);
		else if (*word == 'f')
			(void)buffer_append_text(&text, from);
		else if (*word == 'm')
			(void)buffer_append_text(&text, mid);
		else
			(void)buffer_append(&text, word, 1);
	}
	return buffer_take_text(&text);
}

/* The program that opens links to messages (RFC 2392), or else writes mail: its window is at least
 * that of the mail. */
static char **desktop_command(const struct news_mail *mail) {
	CLEANUP_TEXT char *mid = message_id(mail);
	g_autoptr(GAppInfo) reader = g_app_info_get_default_for_uri_scheme("mid");
	g_autoptr(GAppInfo) writer = g_app_info_get_default_for_uri_scheme("mailto");
	bool has_link = *mid && reader;
	GAppInfo *program = has_link ? reader : writer;
	const char *file = NULL;

	if (program && G_IS_DESKTOP_APP_INFO(program))
		file = g_desktop_app_info_get_filename(G_DESKTOP_APP_INFO(program));
	if (!file)
		return NULL;
	char **command = MEMORY_NEW_ARRAY(char *, 5);
	command[0] = memory_strdup("gio");
	command[1] = memory_strdup("launch");
	command[2] = memory_strdup(file);
	if (has_link) {
		g_autofree char *escaped = g_uri_escape_string(mid, "@", FALSE);
		command[3] = memory_format("mid:%s", escaped);
	}
	return command;
}

char **mail_program_command(
	char *const *command, const char *account, const struct news_mail *mail) {
	size_t n = 0;

	if (!command)
		return desktop_command(mail);
	while (command[n])
		n++;
	char **expanded = MEMORY_NEW_ARRAY(char *, n + 1);
	for (size_t i = 0; i < n; i++)
		expanded[i] = expand(command[i], account, mail);
	return expanded;
}
