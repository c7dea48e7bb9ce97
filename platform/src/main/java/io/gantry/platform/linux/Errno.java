package io.gantry.platform.linux;

import io.gantry.platform.error.ErrorKind;
import java.util.Map;

/**
 * Linux error numbers that Gantry acts on, and the names of all common ones. The numbers are those of x86-64 and arm64,
 * which are the same.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/errno.3.html">errno(3)</a>
 */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int ENOEXEC = 8;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ETXTBSY = 26;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int ESPIPE = 29;
    public static final int EROFS = 30;
    public static final int EMLINK = 31;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int EBADMSG = 74;
    public static final int ETIMEDOUT = 110;
    public static final int EOPNOTSUPP = 95;
    public static final int EDQUOT = 122;
    public static final int ESTALE = 116;
    public static final int EUCLEAN = 117;
    public static final int ENETUNREACH = 101;
    public static final int ECONNRESET = 104;
    public static final int ENOTCONN = 107;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;
    public static final int EINPROGRESS = 115;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "operation not permitted"),
            Map.entry(ENOENT, "no such file or directory"),
            Map.entry(ESRCH, "no such process"),
            Map.entry(EINTR, "interrupted system call"),
            Map.entry(EIO, "input/output error"),
            Map.entry(ENXIO, "no such device or address"),
            Map.entry(E2BIG, "argument list too long"),
            Map.entry(ENOEXEC, "not an executable format"),
            Map.entry(EBADF, "bad file descriptor"),
            Map.entry(ECHILD, "no child process"),
            Map.entry(EAGAIN, "resource temporarily unavailable"),
            Map.entry(ENOMEM, "out of memory"),
            Map.entry(EACCES, "permission denied"),
            Map.entry(EFAULT, "bad address"),
            Map.entry(EBUSY, "device or resource busy"),
            Map.entry(EEXIST, "file exists"),
            Map.entry(EXDEV, "crosses a file system or leaves the root"),
            Map.entry(ENODEV, "no such device"),
            Map.entry(ENOTDIR, "not a directory"),
            Map.entry(EISDIR, "is a directory"),
            Map.entry(EINVAL, "invalid argument"),
            Map.entry(ENFILE, "too many open files on this host"),
            Map.entry(EMFILE, "too many open files in this process"),
            Map.entry(ETXTBSY, "program file is being written"),
            Map.entry(EFBIG, "file too large"),
            Map.entry(ENOSPC, "no space left on device"),
            Map.entry(ESPIPE, "cannot seek"),
            Map.entry(EROFS, "read-only file system"),
            Map.entry(EMLINK, "too many links"),
            Map.entry(EPIPE, "broken pipe"),
            Map.entry(ERANGE, "result too large"),
            Map.entry(ENAMETOOLONG, "file name too long"),
            Map.entry(ENOSYS, "not known to this kernel"),
            Map.entry(ENOTEMPTY, "directory not empty"),
            Map.entry(ELOOP, "too many symbolic links"),
            Map.entry(ENODATA, "no such attribute"),
            Map.entry(EOPNOTSUPP, "operation not supported"),
            Map.entry(ETIMEDOUT, "timed out"),
            Map.entry(ENETUNREACH, "network is unreachable"),
            Map.entry(ECONNRESET, "connection reset by peer"),
            Map.entry(ENOTCONN, "not connected"),
            Map.entry(ECONNREFUSED, "connection refused"),
            Map.entry(EHOSTUNREACH, "no route to host"),
            Map.entry(EINPROGRESS, "in progress"),
            Map.entry(ESTALE, "stale file handle"),
            Map.entry(EBADMSG, "bad checksum"),
            Map.entry(EUCLEAN, "file system needs repair"),
            Map.entry(EDQUOT, "disk quota exceeded"));

    private Errno() {}

    /** What the number means, lower case; {@code "errno 71"} for one that is not listed here. */
    public static String describe(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }

    /** The kind of failure that an error number usually stands for. */
    public static ErrorKind kind(int errno) {
        return switch (errno) {
            case ENOENT, ESRCH, ENXIO, ENODEV, ENODATA -> ErrorKind.NOT_FOUND;
            case EPERM, EACCES, EROFS -> ErrorKind.PERMISSION_DENIED;
            case EEXIST -> ErrorKind.ALREADY_EXISTS;
            case EBUSY, ENOTEMPTY, ENOTDIR, EISDIR, ETXTBSY -> ErrorKind.FAILED_PRECONDITION;
            case EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT, EAGAIN, EMLINK, EFBIG -> ErrorKind.RESOURCE_EXHAUSTED;
            case ENAMETOOLONG, ELOOP, E2BIG, ENOEXEC -> ErrorKind.INVALID_ARGUMENT;
            case ENOSYS, EOPNOTSUPP -> ErrorKind.UNIMPLEMENTED;
            case ETIMEDOUT -> ErrorKind.DEADLINE_EXCEEDED;
            case EIO, ESTALE, EBADMSG, EUCLEAN -> ErrorKind.DATA_LOSS;
            default -> ErrorKind.INTERNAL;
        };
    }
}
