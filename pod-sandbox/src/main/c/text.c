#include "text.h"

#include <linux/errno.h>

/* The compiler may turn loops and initialisers into calls of these two. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	char *out = to;
	const char *in = from;

	while (size-- > 0)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int value, size_t size)
{
	char *out = to;

	while (size-- > 0)
		*out++ = (char)value;
	return to;
}

void text_char(struct text *text, char c)
{
	if (text->length + 1 >= text->size) {
		text->cut = true;
		return;
	}
	text->bytes[text->length++] = c;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *more)
{
	while (*more != '\0')
		text_char(text, *more++);
}

void text_number(struct text *text, long number)
{
	char digits[24];
	size_t count = 0;
	unsigned long rest = number < 0 ? -(unsigned long)number : (unsigned long)number;

	if (number < 0)
		text_char(text, '-');
	do {
		digits[count++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	while (count > 0)
		text_char(text, digits[--count]);
}

void text_json(struct text *text, const char *more)
{
	static const char hex[] = "0123456789abcdef";

	for (; *more != '\0'; more++) {
		unsigned char c = (unsigned char)*more;

		if (c == '"' || c == '\\') {
			text_char(text, '\\');
			text_char(text, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			text_add(text, "\\u00");
			text_char(text, hex[c >> 4]);
			text_char(text, hex[c & 15]);
		} else {
			text_char(text, (char)c);
		}
	}
}

size_t length_of(const char *string)
{
	size_t length = 0;

	while (string[length] != '\0')
		length++;
	return length;
}

bool equal(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

bool starts_with(const char *string, const char *prefix)
{
	while (*prefix != '\0') {
		if (*string++ != *prefix++)
			return false;
	}
	return true;
}

bool ends_with(const char *string, const char *suffix)
{
	size_t length = length_of(string);
	size_t tail = length_of(suffix);

	return length >= tail && equal(string + (length - tail), suffix);
}

bool read_number(const char **at, unsigned long limit, unsigned long *number)
{
	const char *p = *at;
	unsigned long value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		unsigned long digit = (unsigned long)(*p - '0');

		if (digit > limit || value > (limit - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*at = p;
	*number = value;
	return true;
}

const char *error_text(int error)
{
	switch (error) {
	case EPERM:
		return "Operation not permitted";
	case ENOENT:
		return "No such file or directory";
	case ESRCH:
		return "No such process";
	case EINTR:
		return "Interrupted system call";
	case EIO:
		return "Input/output error";
	case EBADF:
		return "Bad file descriptor";
	case EAGAIN:
		return "Resource temporarily unavailable";
	case ENOMEM:
		return "Cannot allocate memory";
	case EACCES:
		return "Permission denied";
	case EBUSY:
		return "Device or resource busy";
	case ENODEV:
		return "No such device";
	case ENOTDIR:
		return "Not a directory";
	case EISDIR:
		return "Is a directory";
	case EINVAL:
		return "Invalid argument";
	case ENFILE:
		return "Too many open files in system";
	case EMFILE:
		return "Too many open files";
	case ENOSPC:
		return "No space left on device";
	case EROFS:
		return "Read-only file system";
	case EPIPE:
		return "Broken pipe";
	case ERANGE:
		return "Numerical result out of range";
	case ENAMETOOLONG:
		return "File name too long";
	case ENOSYS:
		return "Function not implemented";
	case ELOOP:
		return "Too many levels of symbolic links";
	case EUSERS:
		return "Too many users";
	case EOPNOTSUPP:
		return "Operation not supported";
	case EDQUOT:
		return "Disk quota exceeded";
	default:
		return NULL;
	}
}
