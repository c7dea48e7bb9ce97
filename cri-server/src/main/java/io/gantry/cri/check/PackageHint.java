package io.gantry.cri.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * How one installs something on this distribution (os-release(5)).
 *
 * @param command {@code apt-get install}, {@code dnf install}, {@code zypper install} or {@code apk add}
 */
record PackageHint(String command) {
    static PackageHint ofHost() {
        try {
            return of(Files.readString(Path.of("/etc/os-release")));
        } catch (IOException _) {
            return of("");
        }
    }

    static PackageHint of(String osRelease) {
        String text = osRelease
                .lines()
                .filter(line -> line.startsWith("ID=") || line.startsWith("ID_LIKE="))
                .reduce("", (a, b) -> a + " " + b)
                .toLowerCase(Locale.ROOT);
        if (text.contains("fedora") || text.contains("rhel")) {
            return new PackageHint("dnf install");
        }
        if (text.contains("suse")) {
            return new PackageHint("zypper install");
        }
        return new PackageHint(text.contains("alpine") ? "apk add" : "apt-get install");
    }

    /** {@code apt-get install conmon} */
    String install(String... packages) {
        return command + " " + String.join(" ", packages);
    }
}
