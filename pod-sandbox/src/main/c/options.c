#include "options.h"

#include "sysctl.h"
#include "text.h"

static const char usage[] = "gantry-pause --net new|host --ipc new|host --uts new|host --pid new|host"
			    " [--uid-map 'INSIDE OUTSIDE COUNT']... [--gid-map 'INSIDE OUTSIDE COUNT']..."
			    " [--hostname NAME] [--sysctl KEY=VALUE]... [--cgroup-procs FILE]..."
			    " [--oom-score-adj -1000..1000] [--id TEXT]";

/* Which of the options that must be there have been seen. */
struct seen {
	bool net;
	bool ipc;
	bool uts;
	bool pid;
	bool uid_map;
	bool uid_root;
	bool gid_map;
	bool gid_root;
};

const char *each_option(const struct options *options, const char *name, int *at)
{
	for (int i = *at == 0 ? 1 : *at; options->argv[i] != NULL; i += 2) {
		if (equal(options->argv[i], name)) {
			*at = i + 2;
			return options->argv[i + 1];
		}
	}
	return NULL;
}

bool read_id_map(const char *value, struct id_map *map)
{
	const unsigned long limit = 0xffffffff;

	if (!read_number(&value, limit, &map->inside) || *value++ != ' ')
		return false;
	if (!read_number(&value, limit, &map->outside) || *value++ != ' ')
		return false;
	return read_number(&value, limit, &map->count) && *value == '\0' && map->count > 0;
}

static bool read_choice(const char *name, const char *value, bool *chosen, bool *seen, struct failure *failure)
{
	if (*seen)
		return failed(failure, STEP_USAGE, 0, "read arguments: ", name, " is given twice", NULL);
	*seen = true;
	*chosen = equal(value, "new");
	if (!*chosen && !equal(value, "host"))
		return failed(failure, STEP_USAGE, 0, "read arguments: ", name, " is '", value,
			      "', want 'new' or 'host'", NULL);
	return true;
}

static bool read_map(const char *name, const char *value, bool *seen, bool *root, struct failure *failure)
{
	struct id_map map;

	if (!read_id_map(value, &map))
		return failed(failure, STEP_ID_MAP, 0, "read arguments: ", name, " is '", value,
			      "', want three numbers 'INSIDE OUTSIDE COUNT' with a count of at least 1", NULL);
	*seen = true;
	if (map.inside == 0)
		*root = true;
	return true;
}

static bool read_oom(const char *value, struct options *options, struct failure *failure)
{
	const char *at = *value == '-' ? value + 1 : value;
	unsigned long number;

	if (!read_number(&at, 1000, &number) || *at != '\0')
		return failed(failure, STEP_OOM, 0, "read arguments: --oom-score-adj is '", value,
			      "', want a number from -1000 to 1000", NULL);
	options->has_oom_score_adj = true;
	options->oom_score_adj = *value == '-' ? -(long)number : (long)number;
	return true;
}

static bool read_hostname(const char *value, struct options *options, struct failure *failure)
{
	size_t length = length_of(value);

	if (length == 0 || length > HOSTNAME_MAX_LENGTH)
		return failed(failure, STEP_HOSTNAME, 0, "set hostname '", value,
			      "': the kernel takes names of 1 to 64 bytes", NULL);
	options->hostname = value;
	return true;
}

static bool read_cgroup(const char *value, struct failure *failure)
{
	if (*value != '/' || !ends_with(value, "/cgroup.procs"))
		return failed(failure, STEP_CGROUP, 0, "read arguments: --cgroup-procs is '", value,
			      "', want an absolute path that ends in /cgroup.procs", NULL);
	return true;
}

static bool read_option(const char *name, const char *value, struct options *options, struct seen *seen,
			struct failure *failure)
{
	if (equal(name, "--net"))
		return read_choice(name, value, &options->new_net, &seen->net, failure);
	if (equal(name, "--ipc"))
		return read_choice(name, value, &options->new_ipc, &seen->ipc, failure);
	if (equal(name, "--uts"))
		return read_choice(name, value, &options->new_uts, &seen->uts, failure);
	if (equal(name, "--pid"))
		return read_choice(name, value, &options->new_pid, &seen->pid, failure);
	if (equal(name, "--uid-map"))
		return read_map(name, value, &seen->uid_map, &seen->uid_root, failure);
	if (equal(name, "--gid-map"))
		return read_map(name, value, &seen->gid_map, &seen->gid_root, failure);
	if (equal(name, "--hostname"))
		return read_hostname(value, options, failure);
	if (equal(name, "--oom-score-adj"))
		return read_oom(value, options, failure);
	if (equal(name, "--cgroup-procs"))
		return read_cgroup(value, failure);
	if (equal(name, "--sysctl") || equal(name, "--id"))
		return true; /* a sysctl is checked when all namespaces are known; an id is only there to be seen in ps */
	return failed(failure, STEP_USAGE, 0, "read arguments: unknown option '", name, "'; usage: ", usage, NULL);
}

static bool check_together(struct options *options, const struct seen *seen, struct failure *failure)
{
	const char *value;
	int at = 0;

	if (!seen->net || !seen->ipc || !seen->uts || !seen->pid)
		return failed(failure, STEP_USAGE, 0, "read arguments: --net, --ipc, --uts and --pid must all be given; usage: ",
			      usage, NULL);
	if (seen->uid_map != seen->gid_map)
		return failed(failure, STEP_ID_MAP, 0,
			      "read arguments: --uid-map and --gid-map must be given together", NULL);
	options->new_user = seen->uid_map;
	if (options->new_user && (!seen->uid_root || !seen->gid_root))
		return failed(failure, STEP_ID_MAP, 0,
			      "read arguments: no mapping starts at 0 inside, so the pod would have no root", NULL);
	if (options->hostname != NULL && !options->new_uts)
		return failed(failure, STEP_HOSTNAME, 0, "set hostname '", options->hostname,
			      "': the pod shares the host's UTS namespace", NULL);
	while ((value = each_option(options, "--sysctl", &at)) != NULL) {
		if (!check_sysctl(options, value, failure))
			return false;
	}
	return true;
}

bool read_options(struct options *options, const char *const *argv, struct failure *failure)
{
	struct seen seen = { 0 };

	*options = (struct options){ .argv = argv };
	for (int i = 1; argv[0] != NULL && argv[i] != NULL; i += 2) {
		if (argv[i + 1] == NULL)
			return failed(failure, STEP_USAGE, 0, "read arguments: '", argv[i],
				      "' has no value; usage: ", usage, NULL);
		if (!read_option(argv[i], argv[i + 1], options, &seen, failure))
			return false;
	}
	return check_together(options, &seen, failure);
}
