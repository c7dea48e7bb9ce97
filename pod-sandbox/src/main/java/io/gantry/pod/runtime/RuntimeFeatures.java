package io.gantry.pod.runtime;

import io.gantry.pod.spec.HandlerFeatures;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What an OCI runtime can do: as it says itself, or as its version tells where it has no {@code features} command. */
final class RuntimeFeatures {
    /** Annotations that steer runc, crun or systemd. */
    private static final List<String> UNSAFE_ANNOTATIONS =
            List.of("bundle", "org.systemd.property.", "org.criu.config", "run.oci.", "module.wasm.image/");

    /** crun is one small program without a runtime of its own. */
    private static final long CRUN_MINIMUM_MEMORY = 512 << 10;

    /** Below it the kernel kills the process of runc that becomes the container's (measured on cgroup v2). */
    private static final long RUNC_MINIMUM_MEMORY = 6 << 20;

    /** From 1.1.15 to 1.2 that process is a copy of runc in memory, which counts as the container's. */
    private static final long COPIED_RUNC_MINIMUM_MEMORY = 14 << 20;

    private static final Pattern VERSION = Pattern.compile("version v?(\\d+)\\.(\\d+)(?:\\.(\\d+))?");

    private RuntimeFeatures() {}

    static HandlerFeatures parse(String name, String version, JsonNode features) {
        boolean recursiveReadOnly = features.path("mountOptions")
                .valueStream()
                .anyMatch(option -> option.asString("").equals("rro"));
        boolean idmap = features.at("/linux/mountExtensions/idmap/enabled").asBoolean(false);
        List<String> unsafe = new ArrayList<>(UNSAFE_ANNOTATIONS);
        features.path("potentiallyUnsafeConfigAnnotations").forEach(annotation -> unsafe.add(annotation.asString("")));
        return new HandlerFeatures(
                name,
                recursiveReadOnly,
                idmap,
                minimumMemory(version),
                unsafe.stream()
                        .filter(annotation -> !annotation.isEmpty())
                        .distinct()
                        .toList());
    }

    static HandlerFeatures ofVersion(String name, String version) {
        boolean crun = version.startsWith("crun ");
        boolean runc = version.startsWith("runc ");
        return new HandlerFeatures(
                name,
                crun && isAtLeast(version, 1, 4) || runc && isAtLeast(version, 1, 1),
                crun && isAtLeast(version, 1, 9) || runc && isAtLeast(version, 1, 2),
                minimumMemory(version),
                UNSAFE_ANNOTATIONS);
    }

    private static long minimumMemory(String version) {
        if (version.startsWith("crun ")) {
            return CRUN_MINIMUM_MEMORY;
        }
        boolean copied = version.startsWith("runc ") && isAtLeast(version, 1, 1, 15) && !isAtLeast(version, 1, 2, 0);
        return copied ? COPIED_RUNC_MINIMUM_MEMORY : RUNC_MINIMUM_MEMORY;
    }

    private static boolean isAtLeast(String version, int... wanted) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.find()) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            String part = matcher.group(i + 1);
            int has = part == null ? 0 : Integer.parseInt(part);
            if (has != wanted[i]) {
                return has > wanted[i];
            }
        }
        return true;
    }
}
