/* The command line: what a pause process is asked to be. */
#ifndef GANTRY_OPTIONS_H
#define GANTRY_OPTIONS_H

#include <stdbool.h>

#include "failure.h"

#define HOSTNAME_MAX_LENGTH 64

/* Options that may come several times stay where they are in argv; see each_option. */
struct options {
	const char *const *argv;
	bool new_net;
	bool new_ipc;
	bool new_uts;
	bool new_pid;
	bool new_user;
	const char *hostname;
	bool has_oom_score_adj;
	long oom_score_adj;
};

/* One line of a uid_map or gid_map: user_namespaces(7). */
struct id_map {
	unsigned long inside;
	unsigned long outside;
	unsigned long count;
};

/* Reads and checks the whole command line; nothing is done before it is right. */
bool read_options(struct options *options, const char *const *argv, struct failure *failure);

/*
 * The values of a repeated option, in order: start with *at = 0 and call until it returns NULL.
 */
const char *each_option(const struct options *options, const char *name, int *at);

/* Reads "C H N"; false when it is anything else, or when N is 0. */
bool read_id_map(const char *value, struct id_map *map);

#endif
