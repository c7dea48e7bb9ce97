package io.gantry.pod.spec;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.LinuxResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether this node has the CPUs and memory nodes that a request names (cpuset(7), "List format"). The kernel would only say
 * "invalid argument" or "numerical result out of range", and that when most of a container is made.
 */
public final class CpuSets {
    private static final Pattern RANGE = Pattern.compile("([0-9]+)(?:-([0-9]+))?");

    private final Path devices;

    /** The sets of this node. */
    public CpuSets() {
        this(Path.of("/sys/devices/system"));
    }

    CpuSets(Path devices) {
        this.devices = devices;
    }

    /**
     * Looks at the node only when the limits name CPUs or memory nodes; they may be plugged in and out while it runs.
     *
     * @param action what is being done, with its subject, for errors
     * @throws GantryException INVALID_ARGUMENT for what is no list, FAILED_PRECONDITION for one with numbers that this node
     *     does not have
     */
    public void require(LinuxResources limits, String action) {
        require("cpuset cpus", limits.cpusetCpus(), "cpu/online", action);
        require("cpuset mems", limits.cpusetMems(), "node/online", action);
    }

    private void require(String what, String list, String file, String action) {
        if (list.isEmpty()) {
            return;
        }
        List<long[]> asked = ranges(list)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.INVALID_ARGUMENT, action, what + " '" + list + "' is not a list such as 0-3,7"));
        Optional<String> online = read(devices.resolve(file));
        List<long[]> present = online.flatMap(CpuSets::ranges).orElse(List.of());
        for (long[] range : asked) {
            if (!present.isEmpty() && !isWithin(range, present)) {
                throw GantryException.of(
                                ErrorKind.FAILED_PRECONDITION,
                                action,
                                what + " '" + list + "' has numbers that this node does not have: it has "
                                        + online.orElse(""))
                        .withRemedy("name others, or run the pod on another node");
            }
        }
    }

    /** Ranges of a list, both ends within; empty for what is no list. */
    private static Optional<List<long[]>> ranges(String list) {
        List<long[]> ranges = new ArrayList<>();
        for (String part : list.split(",", -1)) {
            Matcher matcher = RANGE.matcher(part);
            if (!matcher.matches() || part.length() > 20) {
                return Optional.empty();
            }
            long first = Long.parseLong(matcher.group(1));
            long last = matcher.group(2) == null ? first : Long.parseLong(matcher.group(2));
            if (last < first) {
                return Optional.empty();
            }
            ranges.add(new long[] {first, last});
        }
        return Optional.of(ranges);
    }

    private static boolean isWithin(long[] range, List<long[]> present) {
        long next = range[0];
        // What the kernel writes is in order.
        for (long[] each : present) {
            if (next >= each[0] && next <= each[1]) {
                next = each[1] + 1;
            }
        }
        return next > range[1];
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (IOException e) {
            return Optional.empty(); // a kernel without memory nodes has no file for them
        }
    }
}
