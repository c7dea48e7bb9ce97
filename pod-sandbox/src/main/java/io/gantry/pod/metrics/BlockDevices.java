package io.gantry.pod.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Names of block devices. A number keeps its device until the device is unplugged, so names are kept. */
final class BlockDevices {
    private static final int MOST_KEPT = 1024;

    private final Path directory;
    private final Map<String, String> names = new ConcurrentHashMap<>();

    /** @param directory links named {@code 8:0}: {@code /sys/dev/block} */
    BlockDevices(Path directory) {
        this.directory = directory;
    }

    /** A path such as {@code /dev/sda}; the numbers themselves for a device that is gone. */
    String name(int major, int minor) {
        if (names.size() > MOST_KEPT) {
            names.clear();
        }
        return names.computeIfAbsent(major + ":" + minor, this::find);
    }

    private String find(String numbers) {
        try {
            return "/dev/" + Files.readSymbolicLink(directory.resolve(numbers)).getFileName();
        } catch (IOException e) {
            return numbers;
        }
    }
}
