package io.gantry.platform.linux;

import org.jspecify.annotations.Nullable;

/** Calls on processes and on the calling thread. Part of {@link Syscalls}. */
public interface ProcessSyscalls {
    /** A close-on-exec descriptor of a process. <a href="https://man7.org/linux/man-pages/man2/pidfd_open.2.html">pidfd_open(2)</a> */
    int pidfdOpen(int pid);

    /** <a href="https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html">pidfd_send_signal(2)</a> */
    void pidfdSendSignal(int pidfd, int signal);

    /** <a href="https://man7.org/linux/man-pages/man2/kill.2.html">kill(2)</a> */
    void kill(int pid, int signal);

    /** The end of a child, or null with WNOHANG when it has not ended. <a href="https://man7.org/linux/man-pages/man2/waitid.2.html">waitid(2)</a> */
    @Nullable
    WaitStatus waitid(int idType, int id, int options);

    /** Changes the calling thread; see {@link NamespaceThread}. <a href="https://man7.org/linux/man-pages/man2/unshare.2.html">unshare(2)</a> */
    void unshare(int flags);

    /** Changes the calling thread; see {@link NamespaceThread}. <a href="https://man7.org/linux/man-pages/man2/setns.2.html">setns(2)</a> */
    void setns(int fd, int type);

    /** <a href="https://man7.org/linux/man-pages/man2/prctl.2.html">prctl(2)</a> */
    int prctl(int option, long argument2, long argument3, long argument4, long argument5);

    /** A limit of this process. <a href="https://man7.org/linux/man-pages/man2/getrlimit.2.html">getrlimit(2)</a> */
    ResourceLimit getrlimit(int resource);

    /** Sets a limit of a process (0 is this one) unless null, and gives the one before. <a href="https://man7.org/linux/man-pages/man2/prlimit.2.html">prlimit(2)</a> */
    ResourceLimit prlimit(int pid, int resource, @Nullable ResourceLimit limit);

    /**
     * Advice about a part of this process's memory. An address is one that /proc/self/maps tells.
     * <a href="https://man7.org/linux/man-pages/man2/madvise.2.html">madvise(2)</a>
     */
    void madvise(long address, long length, int advice);

    /** Thread id of the calling thread. <a href="https://man7.org/linux/man-pages/man2/gettid.2.html">gettid(2)</a> */
    int gettid();

    /** <a href="https://man7.org/linux/man-pages/man2/geteuid.2.html">geteuid(2)</a> */
    int geteuid();

    /**
     * Starts a program in a session of its own, with an empty signal mask, default signal handlers and no descriptors but
     * {@code fds}: element i becomes the child's descriptor i. The elements must all be greater than the highest index.
     * <a href="https://man7.org/linux/man-pages/man3/posix_spawn.3.html">posix_spawn(3)</a>
     *
     * @param environment {@code NAME=value} each
     * @return the pid; the caller must reap it
     */
    int posixSpawn(String program, String[] argv, String[] environment, String directory, int[] fds);
}
