#include "failure.h"

#include <stdarg.h>

#include "kernel.h"
#include "text.h"

static const char *const step_names[] = {
	[STEP_USAGE] = "usage",
	[STEP_HOSTNAME] = "hostname",
	[STEP_SYSCTL] = "sysctl",
	[STEP_NAMESPACES] = "namespaces",
	[STEP_ID_MAP] = "idmap",
	[STEP_CGROUP] = "cgroup",
	[STEP_OOM] = "oom",
	[STEP_LOOPBACK] = "loopback",
	[STEP_ROOT] = "root",
	[STEP_CONFINE] = "confine",
	[STEP_REPORT] = "report",
};

bool failed(struct failure *failure, enum step step, long error, ...)
{
	struct text text = TEXT_IN(failure->text);
	const char *part;
	va_list parts;

	failure->step = step;
	failure->error = (int)(error < 0 ? -error : error);
	failure->text[0] = '\0';
	va_start(parts, error);
	while ((part = va_arg(parts, const char *)) != NULL)
		text_add(&text, part);
	va_end(parts);
	if (failure->error != 0) {
		const char *meaning = error_text(failure->error);

		text_add(&text, ": ");
		if (meaning != NULL) {
			text_add(&text, meaning);
		} else {
			text_add(&text, "error ");
			text_number(&text, failure->error);
		}
	}
	return false;
}

void print_failure(const struct failure *failure)
{
	char line[3 * sizeof(failure->text)];
	struct text text = TEXT_IN(line);

	text_add(&text, "{\"step\":\"");
	text_add(&text, step_names[failure->step]);
	text_add(&text, "\",\"errno\":");
	text_number(&text, failure->error);
	text_add(&text, ",\"error\":\"");
	/* Room for the end is kept: a text of escapes only would be six times as long as itself. */
	text.size -= 4;
	text_json(&text, failure->text);
	text.size += 4;
	text_add(&text, "\"}\n");
	sys_write(1, line, text.length);
}
