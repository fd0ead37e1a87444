#include "notify/mail-program.h"

#include "base/memory.h"
#include "base/open-command.h"

#include <gio/gdesktopappinfo.h>
#include <gio/gio.h>

/* The program that opens links to messages (RFC 2392), or else writes mail: its window is at least
 * that of the mail. */
static char **desktop_command(const struct open_command_message *message) {
	CLEANUP_TEXT char *link = open_command_link(message);
	g_autoptr(GAppInfo) reader = g_app_info_get_default_for_uri_scheme("mid");
	g_autoptr(GAppInfo) writer = g_app_info_get_default_for_uri_scheme("mailto");
	bool has_link = link && reader;
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
	if (has_link)
		command[3] = TAKE_PTR(link);
	return command;
}

char **mail_program_command(
	char *const *command, const char *account, const struct news_mail *mail) {
	const struct open_command_message message = {
		.id = mail->id,
		.account = account,
		.from_address = mail->from_address,
		.message_id = mail->message_id,
	};

	return command ? open_command_expand(command, &message) : desktop_command(&message);
}
