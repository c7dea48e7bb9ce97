#include "root.h"

#include <linux/mount.h>

#include "kernel.h"

#define MNT_DETACH 2

bool enter_empty_root(struct failure *failure)
{
	/* Where the new root is mounted for a moment: any directory will do, and this one is on every host. */
	static const char place[] = "/proc";
	const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	long error;

	/* Nothing done below may reach the host's mount namespace. */
	error = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (error < 0)
		return failed(failure, STEP_ROOT, error, "make the mounts private", NULL);
	error = sys_mount("gantry-pause", place, "tmpfs", flags, "size=4k,nr_inodes=1,mode=0555");
	if (error < 0)
		return failed(failure, STEP_ROOT, error, "mount the empty root", NULL);
	error = CALL1(__NR_chdir, place);
	/* With the same place for new and old root, the old one lies on top of the new one: pivot_root(2), NOTES. */
	if (error >= 0)
		error = CALL2(__NR_pivot_root, ".", ".");
	if (error < 0)
		return failed(failure, STEP_ROOT, error, "change to the empty root", NULL);
	error = CALL2(__NR_umount2, ".", MNT_DETACH);
	if (error < 0)
		return failed(failure, STEP_ROOT, error, "unmount the old root", NULL);
	error = CALL1(__NR_chdir, "/");
	if (error < 0)
		return failed(failure, STEP_ROOT, error, "change to the empty root", NULL);
	return true;
}
