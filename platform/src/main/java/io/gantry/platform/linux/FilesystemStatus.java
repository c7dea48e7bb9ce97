package io.gantry.platform.linux;

/**
 * What statfs(2) says of a file system.
 *
 * @param type its magic number ({@link #OVERLAY} …)
 * @param blockSize bytes of one block
 */
public record FilesystemStatus(
        long type, long blockSize, long blocks, long blocksFree, long blocksAvailable, long files, long filesFree) {
    public static final long CGROUP2 = 0x63677270L;
    public static final long OVERLAY = 0x794c7630L;
    public static final long TMPFS = 0x01021994L;
    public static final long NSFS = 0x6e736673L;
    public static final long PROC = 0x9fa0L;
}
