package io.gantry.platform.linux;

/**
 * What statx(2) says of a file.
 *
 * @param mode type and permission bits
 * @param blocks allocated 512-byte blocks
 */
public record FileStatus(
        long inode,
        int mode,
        int links,
        int uid,
        int gid,
        long size,
        long blocks,
        long mtimeSeconds,
        int mtimeNanos,
        int deviceMajor,
        int deviceMinor,
        int rdevMajor,
        int rdevMinor) {

    public int type() {
        return mode & LinuxConstants.S_IFMT;
    }

    public int permissions() {
        return mode & 07777;
    }

    public boolean isDirectory() {
        return type() == LinuxConstants.S_IFDIR;
    }

    public boolean isRegular() {
        return type() == LinuxConstants.S_IFREG;
    }

    public boolean isSymlink() {
        return type() == LinuxConstants.S_IFLNK;
    }

    /** Whether both are the same file of the same file system. */
    public boolean isSameFile(FileStatus other) {
        return inode == other.inode && deviceMajor == other.deviceMajor && deviceMinor == other.deviceMinor;
    }
}
