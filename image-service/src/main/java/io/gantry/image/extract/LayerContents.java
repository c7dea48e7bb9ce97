package io.gantry.image.extract;

import java.util.List;

/**
 * What a layer unpacked to.
 *
 * @param bytes disk space of its files and directories, in whole blocks of 4 KiB
 * @param inodes files, directories, links and nodes; hard links to one file count once
 * @param impliedDirectories directories that only the names of others imply: the archive does not say whose they are
 *     and what may be done with them, so the same directory of a lower layer has the say
 * @param opaqueRoot whether the layer hides everything below it
 */
public record LayerContents(long bytes, long inodes, List<String> impliedDirectories, boolean opaqueRoot) {
    public LayerContents {
        impliedDirectories = List.copyOf(impliedDirectories);
    }
}
