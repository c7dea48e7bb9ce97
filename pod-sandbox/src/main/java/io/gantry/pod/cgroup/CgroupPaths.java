package io.gantry.pod.cgroup;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.file.Path;

/**
 * Where the cgroups of pods and containers are. Callers name a pod's parent as a path of the cgroup file system under
 * both drivers (api.proto, LinuxPodSandboxConfig.cgroup_parent); only its last part counts for systemd, whose slices say
 * in their names where they are.
 */
public final class CgroupPaths {
    private static final String PREFIX = "gantry";
    private static final String SLICE = ".slice";

    private final CgroupDriver driver;

    public CgroupPaths(CgroupDriver driver) {
        this.driver = driver;
    }

    /**
     * The cgroup of a sandbox's own process.
     *
     * @param parent as the caller gave it; empty for Gantry's own, {@code /gantry} or {@code gantry.slice}
     * @throws GantryException INVALID_ARGUMENT when it is no cgroup path, or no slice under the systemd driver
     */
    public String sandbox(String parent, String id) {
        return container(parent, id).path();
    }

    /** The cgroup of a container; see {@link #sandbox}. */
    public ContainerCgroup container(String parent, String id) {
        return switch (driver) {
            case CGROUPFS -> {
                String path = child(normal(parent.isEmpty() ? "/" + PREFIX : parent), id);
                yield new ContainerCgroup(path, path);
            }
            case SYSTEMD -> {
                String slice = slice(parent);
                yield new ContainerCgroup(
                        child(expand(slice), PREFIX + "-" + id + ".scope"), slice + ":" + PREFIX + ":" + id);
            }
        };
    }

    /**
     * The cgroup that a runtime makes of a path that is not Gantry's own choice.
     *
     * @param runtimePath a path of the cgroup file system, or {@code slice:prefix:name} under the systemd driver
     * @throws GantryException INVALID_ARGUMENT when it is neither
     */
    public ContainerCgroup of(String runtimePath) {
        return switch (driver) {
            case CGROUPFS -> {
                if (!runtimePath.startsWith("/") || normal(runtimePath).equals("/")) {
                    throw invalid(runtimePath, "the cgroupfs driver needs an absolute path below the root");
                }
                yield new ContainerCgroup(normal(runtimePath), normal(runtimePath));
            }
            case SYSTEMD -> {
                String[] parts = runtimePath.split(":", -1);
                if (parts.length != 3 || !parts[0].endsWith(SLICE) || parts[2].isEmpty() || parts[2].contains("/")) {
                    throw invalid(runtimePath, "the systemd cgroup driver needs slice:prefix:name");
                }
                String unit = parts[1].isEmpty() ? parts[2] : parts[1] + "-" + parts[2];
                yield new ContainerCgroup(child(expand(parts[0]), unit + ".scope"), runtimePath);
            }
        };
    }

    private static String slice(String parent) {
        if (parent.isEmpty()) {
            return PREFIX + SLICE;
        }
        Path name = Path.of(normal(parent)).getFileName();
        if (name == null || !name.toString().endsWith(SLICE)) {
            throw invalid(parent, "the systemd cgroup driver needs the name of a slice, such as kubepods.slice")
                    .withRemedy("give the kubelet the same cgroup driver as Gantry");
        }
        return name.toString();
    }

    /**
     * The path of a slice: each dash in its name is one level (systemd.slice(5)), so that {@code a-b.slice} lies in {@code
     * /a.slice/a-b.slice}.
     */
    static String expand(String slice) {
        String name = slice.substring(0, slice.length() - SLICE.length());
        if (name.equals("-")) {
            return "/";
        }
        if (name.isEmpty() || name.startsWith("-") || name.endsWith("-") || name.contains("--")) {
            throw invalid(slice, "it is not a slice name");
        }
        StringBuilder path = new StringBuilder();
        for (int dash = name.indexOf('-'); dash >= 0; dash = name.indexOf('-', dash + 1)) {
            path.append('/').append(name, 0, dash).append(SLICE);
        }
        return path.append('/').append(slice).toString();
    }

    private static String normal(String parent) {
        for (Path part : Path.of(parent)) {
            if (part.toString().equals("..")) {
                throw invalid(parent, "it has '..' in it");
            }
        }
        return Path.of("/", parent).normalize().toString();
    }

    private static String child(String parent, String name) {
        return parent.equals("/") ? "/" + name : parent + "/" + name;
    }

    private static GantryException invalid(String parent, String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, "use cgroup parent '" + parent + "'", problem);
    }
}
