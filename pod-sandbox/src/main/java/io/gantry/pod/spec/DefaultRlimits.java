package io.gantry.pod.spec;

import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.ResourceLimit;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.linux.SysctlFile;
import io.gantry.pod.spec.Rlimit.Resource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The limits of processes whose specification says nothing of them. Without these a container would inherit the daemon's
 * own, which are made for a daemon: a million open files, which some programs take as the number of descriptors to close one
 * by one before they do anything.
 */
public final class DefaultRlimits {
    /** Containers inherit what the daemon has. */
    public static final DefaultRlimits NONE = new DefaultRlimits(List.of(), List.of());

    private static final Logger log = LoggerFactory.getLogger(DefaultRlimits.class);
    private static final Path NR_OPEN = Path.of("/proc/sys/fs/nr_open");

    private final List<Rlimit> onHost;
    private final List<Rlimit> inUserNamespace;

    private DefaultRlimits(List<Rlimit> onHost, List<Rlimit> inUserNamespace) {
        this.onHost = List.copyOf(onHost);
        this.inUserNamespace = List.copyOf(inUserNamespace);
    }

    /**
     * As configured, but not above what this host lets the daemon give, which is logged once.
     *
     * @param asked each resource at most once
     */
    public static DefaultRlimits of(List<Rlimit> asked, HostFacts host, Syscalls syscalls) {
        return of(
                asked, host.effectiveCapabilities().contains("CAP_SYS_RESOURCE"), syscalls::getrlimit, mostOpenFiles());
    }

    /**
     * @param mayRaise whether the daemon has CAP_SYS_RESOURCE, without which nothing can be above its own hard limit
     * @param own the daemon's limits by number
     * @param mostOpenFiles fs.nr_open of proc(5), which no hard limit of open files can be above
     */
    static DefaultRlimits of(
            List<Rlimit> asked, boolean mayRaise, IntFunction<ResourceLimit> own, OptionalLong mostOpenFiles) {
        List<Rlimit> onHost = new ArrayList<>();
        List<Rlimit> inUserNamespace = new ArrayList<>();
        for (Rlimit limit : asked) {
            Rlimit possible = limit.resource() == Resource.NOFILE && mostOpenFiles.isPresent()
                    ? limit.atMost(mostOpenFiles.getAsLong())
                    : limit;
            // A runtime may set limits as root of the container's own user namespace, who can raise none.
            Rlimit lowered =
                    possible.atMost(own.apply(limit.resource().number()).hard());
            Rlimit given = mayRaise ? possible : lowered;
            if (!given.equals(limit)) {
                log.warn(
                        "default limit of containers lowered to what can be given here: asked={} given={}",
                        limit,
                        given);
            }
            onHost.add(given);
            inUserNamespace.add(lowered);
        }
        return new DefaultRlimits(onHost, inUserNamespace);
    }

    /** What a base specification says of a resource holds; the others are added. */
    void addTo(ObjectNode process, boolean ownUserNamespace) {
        List<Rlimit> limits = ownUserNamespace ? inUserNamespace : onHost;
        if (limits.isEmpty()) {
            return;
        }
        ArrayNode array = process.path("rlimits").isArray() ? (ArrayNode) process.path("rlimits") : Nodes.array();
        for (Rlimit limit : limits) {
            if (!names(array, limit.resource())) {
                array.add(limit.toJson());
            }
        }
        process.set("rlimits", array);
    }

    private static boolean names(ArrayNode limits, Resource resource) {
        for (JsonNode limit : limits) {
            if (limit.path("type").asString("").equals(resource.type())) {
                return true;
            }
        }
        return false;
    }

    private static OptionalLong mostOpenFiles() {
        try {
            return OptionalLong.of(SysctlFile.number(NR_OPEN));
        } catch (IOException | NumberFormatException _) {
            return OptionalLong.empty();
        }
    }
}
