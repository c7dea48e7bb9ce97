package io.gantry.platform.linux;

/**
 * One name in a directory.
 *
 * @param type {@code DT_*} of readdir(3): 4 directory, 8 file, 10 link, 0 when the file system does not say
 */
public record DirectoryEntry(String name, long inode, int type) {
    public boolean isDirectory() {
        return type == 4;
    }
}
