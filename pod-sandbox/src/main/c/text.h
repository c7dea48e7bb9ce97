/* Strings and numbers, as far as the pause program needs them without a C library. */
#ifndef GANTRY_TEXT_H
#define GANTRY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text that grows in a buffer of fixed size; what does not fit is cut off, and the text always ends with a NUL. */
struct text {
	char *bytes;
	size_t size;
	size_t length;
	bool cut;
};

#define TEXT_IN(buffer) { .bytes = (buffer), .size = sizeof(buffer), .length = 0, .cut = false }

void text_char(struct text *text, char c);
void text_add(struct text *text, const char *more);
void text_number(struct text *text, long number);

/* Adds a string as the inside of a JSON string: quotes, backslashes and control characters are escaped. */
void text_json(struct text *text, const char *more);

size_t length_of(const char *string);
bool equal(const char *a, const char *b);
bool starts_with(const char *string, const char *prefix);
bool ends_with(const char *string, const char *suffix);

/*
 * Reads a decimal number that stands at *at and moves *at behind it. False when no digit stands there or the number is
 * beyond limit.
 */
bool read_number(const char **at, unsigned long limit, unsigned long *number);

/* The name of an error number as strerror(3) words it, or NULL for one that is not in the list. */
const char *error_text(int error);

#endif
