package io.gantry.pod.spec;

import io.gantry.platform.linux.LinuxConstants;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A limit of a process (OCI runtime-spec, config.md, "POSIX process", {@code rlimits}).
 *
 * @param soft what holds, in the unit of getrlimit(2); {@link LinuxConstants#RLIM_INFINITY} for no limit
 * @param hard how far the process may raise {@code soft}
 */
public record Rlimit(Resource resource, long soft, long hard) {
    public Rlimit {
        if (Long.compareUnsigned(soft, hard) > 0) {
            throw new IllegalArgumentException("soft limit of " + resource + " is above its hard limit");
        }
    }

    /** What can be limited, with the kernel's number of it (asm-generic/resource.h, the same on amd64 and arm64). */
    public enum Resource {
        CPU(0),
        FSIZE(1),
        DATA(2),
        STACK(3),
        CORE(4),
        RSS(5),
        NPROC(6),
        NOFILE(7),
        MEMLOCK(8),
        AS(9),
        LOCKS(10),
        SIGPENDING(11),
        MSGQUEUE(12),
        NICE(13),
        RTPRIO(14),
        RTTIME(15);

        private final int number;

        Resource(int number) {
            this.number = number;
        }

        /** As in getrlimit(2). */
        public int number() {
            return number;
        }

        /** {@code nofile} for RLIMIT_NOFILE. */
        public String shortName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The one of that {@link #shortName}. */
        public static Optional<Resource> ofShortName(String name) {
            for (Resource resource : values()) {
                if (resource.shortName().equals(name)) {
                    return Optional.of(resource);
                }
            }
            return Optional.empty();
        }

        /** As in a specification. */
        String type() {
            return "RLIMIT_" + name();
        }
    }

    /** Neither limit above {@code most}. */
    Rlimit atMost(long most) {
        return new Rlimit(resource, lower(soft, most), lower(hard, most));
    }

    private static long lower(long one, long other) {
        return Long.compareUnsigned(one, other) < 0 ? one : other;
    }

    /** An element of {@code rlimits}; its numbers are unsigned, so that no limit is 2^64 - 1. */
    ObjectNode toJson() {
        ObjectNode json = Nodes.object();
        json.put("type", resource.type());
        json.set("hard", number(hard));
        json.set("soft", number(soft));
        return json;
    }

    private static JsonNode number(long value) {
        return value >= 0
                ? JsonNodeFactory.instance.numberNode(value)
                : JsonNodeFactory.instance.numberNode(new BigInteger(Long.toUnsignedString(value)));
    }

    /** {@code nofile=1024:524288} */
    @Override
    public String toString() {
        return resource.shortName() + "=" + show(soft) + ":" + show(hard);
    }

    private static String show(long value) {
        return value == LinuxConstants.RLIM_INFINITY ? "unlimited" : Long.toUnsignedString(value);
    }
}
