package io.gantry.platform.linux;

import static io.gantry.platform.linux.JnaCalls.error;
import static io.gantry.platform.linux.JnaCalls.fd;
import static io.gantry.platform.linux.JnaCalls.intAt;

import com.sun.jna.LastErrorException;
import org.jspecify.annotations.Nullable;

/** The native {@link ProcessSyscalls}. */
interface JnaProcessSyscalls extends ProcessSyscalls {
    @Override
    default int pidfdOpen(int pid) {
        try {
            return (int) Libc.syscall(Libc.SYS_PIDFD_OPEN, pid, 0);
        } catch (LastErrorException e) {
            throw error(e, "pidfd_open", "process " + pid);
        }
    }

    @Override
    default void pidfdSendSignal(int pidfd, int signal) {
        try {
            Libc.syscall(Libc.SYS_PIDFD_SEND_SIGNAL, pidfd, signal, null, 0);
        } catch (LastErrorException e) {
            throw error(e, "pidfd_send_signal", fd(pidfd) + " with signal " + signal);
        }
    }

    @Override
    default void kill(int pid, int signal) {
        try {
            Libc.kill(pid, signal);
        } catch (LastErrorException e) {
            throw error(e, "kill", "process " + pid + " with signal " + signal);
        }
    }

    @Override
    default @Nullable WaitStatus waitid(int idType, int id, int options) {
        byte[] info = new byte[128];
        while (true) {
            try {
                Libc.waitid(idType, id, info, options);
                int pid = intAt(info, 16);
                return pid == 0 ? null : new WaitStatus(pid, intAt(info, 8), intAt(info, 24));
            } catch (LastErrorException e) {
                if (e.getErrorCode() != Errno.EINTR) {
                    throw error(e, "waitid", (idType == LinuxConstants.P_PIDFD ? "descriptor " : "process ") + id);
                }
            }
        }
    }

    @Override
    default void madvise(long address, long length, int advice) {
        try {
            int unused = Libc.madvise(address, length, advice);
        } catch (LastErrorException e) {
            throw error(e, "madvise", "address 0x" + Long.toHexString(address));
        }
    }

    @Override
    default void unshare(int flags) {
        try {
            Libc.unshare(flags);
        } catch (LastErrorException e) {
            throw error(e, "unshare", "flags 0x" + Integer.toHexString(flags));
        }
    }

    @Override
    default void setns(int fd, int type) {
        try {
            Libc.setns(fd, type);
        } catch (LastErrorException e) {
            throw error(e, "setns", fd(fd));
        }
    }

    @Override
    default int prctl(int option, long argument2, long argument3, long argument4, long argument5) {
        try {
            return Libc.prctl(option, argument2, argument3, argument4, argument5);
        } catch (LastErrorException e) {
            throw error(e, "prctl", "option " + option + " argument " + argument2);
        }
    }

    @Override
    default ResourceLimit getrlimit(int resource) {
        return prlimit(0, resource, null);
    }

    @Override
    default ResourceLimit prlimit(int pid, int resource, @Nullable ResourceLimit limit) {
        long[] old = new long[2];
        try {
            Libc.prlimit(pid, resource, limit == null ? null : new long[] {limit.soft(), limit.hard()}, old);
        } catch (LastErrorException e) {
            throw error(e, "prlimit", "resource " + resource + " of process " + pid);
        }
        return new ResourceLimit(old[0], old[1]);
    }

    @Override
    default int gettid() {
        return Libc.gettid();
    }

    @Override
    default int geteuid() {
        return Libc.geteuid();
    }

    @Override
    default int posixSpawn(String program, String[] argv, String[] environment, String directory, int[] fds) {
        return JnaSpawn.spawn(program, argv, environment, directory, fds);
    }
}
