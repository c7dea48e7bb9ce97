package io.gantry.platform.linux;

/**
 * The kernel as Gantry sees it: one method per system call, each named after it. Descriptors are ints that belong to the
 * caller ({@link Fd} closes one); every new descriptor is close-on-exec when the flags given say so. All methods throw
 * {@link ErrnoException} and nothing else. Paths are Java strings as {@link PathBytes} defines them.
 *
 * <p>A native call pins the carrier of a virtual thread for as long as it runs: calls that may block go through {@link
 * BlockingCalls}. {@link ProcessSyscalls#unshare} and {@link ProcessSyscalls#setns} change the calling thread and belong
 * on a thread that ends afterwards, as {@link NamespaceThread} makes it.
 *
 * @see JnaSyscalls
 */
public interface Syscalls extends FileSyscalls, DirectorySyscalls, MountSyscalls, ProcessSyscalls, EventSyscalls {}
