package io.gantry.pod.stats;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The sizes of huge pages that this kernel has, as cgroup file names spell them. */
final class HugePageSizes {
    private static final Path DIRECTORY = Path.of("/sys/kernel/mm/hugepages");

    private HugePageSizes() {}

    /** Sizes such as {@code 2MB} and {@code 1GB}; empty where there are none. */
    static List<String> ofHost() {
        List<String> sizes = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(DIRECTORY, "hugepages-*kB")) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                sizes.add(name(Long.parseLong(name.substring("hugepages-".length(), name.length() - "kB".length()))));
            }
        } catch (IOException e) {
            return List.of();
        }
        return sizes;
    }

    static String name(long kibibytes) {
        if (kibibytes >= 1 << 20) {
            return (kibibytes >> 20) + "GB";
        }
        return kibibytes >= 1 << 10 ? (kibibytes >> 10) + "MB" : kibibytes + "KB";
    }
}
