#include "provider/provider-table.h"

#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"

/* Sources: the providers' own help pages, and Mozilla's database of configurations (ISPDB), where
 * no other is named. Only servers with TLS from the first byte. */
static const struct provider providers[] = {
	{
		/* support.google.com/mail/answer/7126229 */
		.name = "Gmail",
		.domains = "gmail.com googlemail.com",
		.exchangers = "google.com googlemail.com smtp.goog",
		.imap_host = "imap.gmail.com",
		.pop3_host = "pop.gmail.com",
		.login = PROVIDER_TOKEN_OR_APP_PASSWORD,
		.advice = "An app password needs two-step verification",
	},
	{
		/* support.microsoft.com, "POP, IMAP, and SMTP settings for Outlook.com" */
		.name = "Outlook.com",
		.domains =
			"outlook.com hotmail.com live.com msn.com passport.com outlook.de "
			"hotmail.de "
			"live.de outlook.fr hotmail.fr live.fr hotmail.co.uk live.co.uk outlook.es "
			"hotmail.es outlook.it hotmail.it live.it live.nl hotmail.nl",
		.exchangers = "olc.protection.outlook.com",
		.imap_host = "outlook.office365.com",
		.pop3_host = "outlook.office365.com",
		.login = PROVIDER_TOKEN,
		.advice = "Passwords are not accepted; IMAP and POP must be switched on in its "
			  "settings",
	},
	{
		.name = "Microsoft 365",
		.domains = "onmicrosoft.com",
		.exchangers = "mail.protection.outlook.com mx.microsoft",
		.imap_host = "outlook.office365.com",
		.pop3_host = "outlook.office365.com",
		.login = PROVIDER_TOKEN,
		.advice = "The administrator of the organisation must permit IMAP",
	},
	{
		/* help.yahoo.com/kb/SLN4075.html */
		.name = "Yahoo",
		.domains =
			"yahoo.com ymail.com rocketmail.com myyahoo.com yahoo.co.uk yahoo.de "
			"yahoo.fr "
			"yahoo.it yahoo.es yahoo.ca yahoo.com.au yahoo.in yahoo.co.in yahoo.com.br "
			"yahoo.com.mx yahoo.com.ar",
		.exchangers = "yahoodns.net",
		.imap_host = "imap.mail.yahoo.com",
		.pop3_host = "pop.mail.yahoo.com",
		.login = PROVIDER_APP_PASSWORD,
	},
	{
		/* help.aol.com, "How do I use other email applications"; Verizon's mail moved there */
		.name = "AOL",
		.domains = "aol.com aim.com verizon.net aol.de aol.fr aol.co.uk",
		.exchangers = "",
		.imap_host = "imap.aol.com",
		.pop3_host = "pop.aol.com",
		.login = PROVIDER_APP_PASSWORD,
	},
	{
		/* support.apple.com/102525: "try the part before @ first, then the whole" */
		.name = "iCloud",
		.domains = "icloud.com me.com mac.com",
		.exchangers = "mail.icloud.com",
		.imap_host = "imap.mail.me.com",
		.pop3_host = NULL,
		.login = PROVIDER_APP_PASSWORD,
		.user_is_local_part = true,
	},
	{
		/* fastmail.help, "Server names and ports" */
		.name = "Fastmail",
		.domains = "fastmail.com fastmail.fm fastmail.net fastmail.org sent.com",
		.exchangers = "messagingengine.com",
		.imap_host = "imap.fastmail.com",
		.pop3_host = "pop.fastmail.com",
		.login = PROVIDER_APP_PASSWORD,
	},
	{
		.name = "GMX",
		.domains = "gmx.net gmx.de gmx.at gmx.ch gmx.eu gmx.info gmx.org",
		.exchangers = "mx00.emig.gmx.net mx01.emig.gmx.net",
		.imap_host = "imap.gmx.net",
		.pop3_host = "pop.gmx.net",
		.login = PROVIDER_PASSWORD,
		.advice = "IMAP and POP3 must be switched on in its settings; with two-factor "
			  "login an "
			  "app password is needed",
	},
	{
		.name = "GMX",
		.domains = "gmx.com gmx.co.uk gmx.us gmx.fr gmx.es",
		.exchangers = "",
		.imap_host = "imap.gmx.com",
		.pop3_host = "pop.gmx.com",
		.login = PROVIDER_PASSWORD,
		.advice = "IMAP and POP3 must be switched on in its settings",
	},
	{
		.name = "WEB.DE",
		.domains = "web.de",
		.exchangers = "",
		.imap_host = "imap.web.de",
		.pop3_host = "pop3.web.de",
		.login = PROVIDER_PASSWORD,
		.advice = "IMAP and POP3 must be switched on in its settings; with two-factor "
			  "login an "
			  "app password is needed",
	},
	{
		.name = "mail.com",
		.domains = "mail.com email.com usa.com consultant.com post.com",
		.exchangers = "",
		.imap_host = "imap.mail.com",
		.pop3_host = "pop.mail.com",
		.login = PROVIDER_PASSWORD,
		.advice = "IMAP and POP3 are for its paying customers",
	},
	{
		.name = "T-Online",
		.domains = "t-online.de magenta.de",
		.exchangers = "",
		.imap_host = "secureimap.t-online.de",
		.pop3_host = "securepop.t-online.de",
		.login = PROVIDER_APP_PASSWORD,
		.advice = "It wants the password for mail programs, made in its customer centre",
	},
	{
		.name = "freenet",
		.domains = "freenet.de",
		.exchangers = "",
		.imap_host = "mx.freenet.de",
		.pop3_host = "mx.freenet.de",
		.login = PROVIDER_PASSWORD,
	},
	{
		.name = "Posteo",
		.domains = "posteo.de posteo.net posteo.at posteo.ch posteo.eu posteo.org",
		.exchangers = "",
		.imap_host = "posteo.de",
		.pop3_host = "posteo.de",
		.login = PROVIDER_PASSWORD,
	},
	{
		.name = "mailbox.org",
		.domains = "mailbox.org",
		.exchangers = "mailbox.org",
		.imap_host = "imap.mailbox.org",
		.pop3_host = "pop3.mailbox.org",
		.login = PROVIDER_PASSWORD,
		.advice = "With two-factor login an app password is needed",
	},
	{
		.name = "Migadu",
		.domains = "migadu.com",
		.exchangers = "migadu.com",
		.imap_host = "imap.migadu.com",
		.pop3_host = "pop.migadu.com",
		.login = PROVIDER_PASSWORD,
	},
	{
		.name = "Zoho",
		.domains = "zoho.com zohomail.com",
		.exchangers = "zoho.com",
		.imap_host = "imap.zoho.com",
		.pop3_host = "pop.zoho.com",
		.login = PROVIDER_APP_PASSWORD,
		.advice = "IMAP must be switched on in its settings",
	},
	{
		.name = "Yandex",
		.domains = "yandex.com yandex.ru ya.ru yandex.by yandex.kz yandex.ua",
		.exchangers = "mx.yandex.net mx.yandex.ru",
		.imap_host = "imap.yandex.com",
		.pop3_host = "pop.yandex.com",
		.login = PROVIDER_APP_PASSWORD,
		.advice = "Mail programs must be permitted in its settings",
	},
	{
		.name = "Mail.ru",
		.domains = "mail.ru inbox.ru list.ru bk.ru internet.ru",
		.exchangers = "mxs.mail.ru emx.mail.ru",
		.imap_host = "imap.mail.ru",
		.pop3_host = "pop.mail.ru",
		.login = PROVIDER_APP_PASSWORD,
	},
	{
		.name = "Seznam",
		.domains = "seznam.cz email.cz post.cz spoluzaci.cz",
		.exchangers = "",
		.imap_host = "imap.seznam.cz",
		.pop3_host = "pop3.seznam.cz",
		.login = PROVIDER_PASSWORD,
	},
	{
		.name = "Free",
		.domains = "free.fr",
		.exchangers = "",
		.imap_host = "imap.free.fr",
		.pop3_host = "pop.free.fr",
		.login = PROVIDER_PASSWORD,
		.user_is_local_part = true,
	},
	{
		.name = "Orange",
		.domains = "orange.fr wanadoo.fr",
		.exchangers = "",
		.imap_host = "imap.orange.fr",
		.pop3_host = "pop.orange.fr",
		.login = PROVIDER_PASSWORD,
		.user_is_local_part = true,
	},
	{
		.name = "Comcast",
		.domains = "comcast.net",
		.exchangers = "",
		.imap_host = "imap.comcast.net",
		.pop3_host = "pop.comcast.net",
		.login = PROVIDER_PASSWORD,
		.user_is_local_part = true,
		.advice = "Access by other programs must be permitted in its settings",
	},
	{
		.name = "AT&T",
		.domains = "att.net sbcglobal.net bellsouth.net ameritech.net currently.com "
			   "flash.net nvbell.net pacbell.net prodigy.net snet.net swbell.net",
		.exchangers = "",
		.imap_host = "imap.mail.att.net",
		.pop3_host = "inbound.att.net",
		.login = PROVIDER_APP_PASSWORD,
		.advice = "It calls the app password a secure mail key",
	},
	{
		.name = "QQ Mail",
		.domains = "qq.com foxmail.com",
		.exchangers = "",
		.imap_host = "imap.qq.com",
		.pop3_host = "pop.qq.com",
		.login = PROVIDER_APP_PASSWORD,
		.advice = "It calls the app password an authorization code",
	},
	{
		/* proton.me/support/protonmail-bridge-clients: only by a program on the same machine */
		.name = "Proton Mail",
		.domains = "proton.me protonmail.com protonmail.ch pm.me",
		.exchangers = "protonmail.ch",
		.login = PROVIDER_NONE,
		.advice = "Its Bridge offers IMAP on this machine: Host=127.0.0.1, and port and "
			  "password as "
			  "it shows them",
	},
	{
		/* tuta.com/faq: "Can I use Tuta with IMAP?" No. */
		.name = "Tuta",
		.domains = "tuta.com tutanota.com tutanota.de tuta.io tutamail.com keemail.me",
		.exchangers = "tutanota.de",
		.login = PROVIDER_NONE,
		.advice = "It has no IMAP and no POP3",
	},
};

/* One of the words of the list is the text, or with `is_end` a part of its end behind a dot. */
static bool list_has(const char *list, const char *text, bool is_end) {
	size_t n_text = strlen(text);
	for (; *list; list += strspn(list, " ")) {
		size_t n = strcspn(list, " ");
		const char *end = n <= n_text ? text + n_text - n : NULL;
		bool at_border = end == text || (is_end && end && end[-1] == '.');
		if (end && at_border && text_equal_nocase_n(list, n, end))
			return true;
		list += n;
	}
	return false;
}

const struct provider *provider_table_find(const char *domain) {
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (list_has(providers[i].domains, domain, false))
			return &providers[i];
	return NULL;
}

const struct provider *provider_table_find_exchanger(const char *host) {
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (list_has(providers[i].exchangers, host, true))
			return &providers[i];
	return NULL;
}

const struct provider *provider_table_at(unsigned index) {
	return index < ARRAY_SIZE(providers) ? &providers[index] : NULL;
}
