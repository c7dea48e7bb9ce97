package io.gantry.image.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What {@code /proc} says of this process and boot.
 *
 * @param umask permission bits that new files do not get
 * @param bootId differs after each boot
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_status.5.html">proc_pid_status(5)</a>
 */
record ProcessFacts(int umask, String bootId) {
    static ProcessFacts read() {
        return new ProcessFacts(readUmask(), readBootId());
    }

    /** All bits when it cannot be read: permissions are then set explicitly each time. */
    private static int readUmask() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("Umask:"))
                    .map(line ->
                            Integer.parseInt(line.substring("Umask:".length()).strip(), 8))
                    .findFirst()
                    .orElse(0777);
        } catch (IOException | NumberFormatException e) {
            return 0777;
        }
    }

    private static String readBootId() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
