package io.gantry.pod.pause;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import java.util.Objects;

/** What a failed step of {@code gantry-pause} means to the caller: whose fault it is and what to do about it. */
final class PauseFailure {
    private PauseFailure() {}

    static GantryException of(String action, PauseAnswer answer) {
        String problem = Objects.requireNonNullElse(answer.error(), "no reason given");
        int errno = answer.errno();
        return switch (Objects.requireNonNullElse(answer.step(), "")) {
            case "hostname" -> hostname(action, problem, errno);
            case "sysctl" -> sysctl(action, problem, errno);
            case "idmap" -> idMap(action, problem, errno);
            case "namespaces" -> namespaces(action, problem, errno);
            case "cgroup" -> cgroup(action, problem, errno);
            case "oom" ->
                GantryException.of(errno == 0 ? ErrorKind.INVALID_ARGUMENT : ErrorKind.INTERNAL, action, problem);
            case "loopback", "root", "confine" -> hostStep(action, problem, errno);
            default -> GantryException.of(ErrorKind.INTERNAL, action, problem);
        };
    }

    private static GantryException hostname(String action, String problem, int errno) {
        return errno == Errno.EPERM
                ? hostStep(action, problem, errno)
                : GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem);
    }

    private static GantryException sysctl(String action, String problem, int errno) {
        if (errno == Errno.EROFS) {
            return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                    .withRemedy("make /proc/sys writable where gantry runs (a privileged container has it so)");
        }
        GantryException failure = GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem);
        return errno == 0
                ? failure.withRemedy("take it out of securityContext.sysctls of the pod, or set it on the node")
                : failure.withRemedy("correct securityContext.sysctls of the pod");
    }

    private static GantryException idMap(String action, String problem, int errno) {
        if (errno == 0 || errno == Errno.EINVAL) {
            return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem)
                    .withRemedy("give ranges that do not overlap and start at 0 inside of the pod");
        }
        return hostStep(action, problem, errno);
    }

    private static GantryException namespaces(String action, String problem, int errno) {
        if (errno == Errno.ENOSPC) {
            return GantryException.of(ErrorKind.RESOURCE_EXHAUSTED, action, problem)
                    .withRemedy("raise the sysctls user.max_*_namespaces on the node");
        }
        if (errno == Errno.EINVAL) {
            return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                    .withRemedy("use a kernel with network, IPC, UTS, PID and user namespaces");
        }
        return hostStep(action, problem, errno);
    }

    private static GantryException cgroup(String action, String problem, int errno) {
        if (errno == Errno.ENOENT || errno == Errno.ENODEV) {
            return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                    .withRemedy("something removed the cgroup of the pod; try again");
        }
        if (errno == Errno.EBUSY || errno == Errno.EOPNOTSUPP) {
            return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                    .withRemedy(
                            "give the pod a cgroup without controllers for its children and not threaded (cgroups(7))");
        }
        return hostStep(action, problem, errno);
    }

    private static GantryException hostStep(String action, String problem, int errno) {
        if (errno == Errno.EPERM || errno == Errno.EACCES) {
            return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                    .withRemedy("run gantry as root with CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SETUID, CAP_SETGID and"
                            + " CAP_SETPCAP; 'gantry check' says what is missing");
        }
        if (errno == Errno.ENOMEM || errno == Errno.EAGAIN || errno == Errno.ENOSPC) {
            return GantryException.of(ErrorKind.RESOURCE_EXHAUSTED, action, problem)
                    .withRemedy("free memory or raise the limit of processes on the node");
        }
        if (errno == Errno.ENOSYS) {
            return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                    .withRemedy("use Linux 5.9 or later with seccomp");
        }
        return GantryException.of(ErrorKind.INTERNAL, action, problem);
    }
}
