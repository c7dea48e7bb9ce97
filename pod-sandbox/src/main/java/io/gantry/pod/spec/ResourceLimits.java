package io.gantry.pod.spec;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.LinuxResources.HugepageLimit;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * From CRI's resource limits to those of the OCI runtime-spec (config-linux.md, "Control groups"), for a new container
 * and for an update. The runtime converts weights and limits to cgroup v2 itself.
 */
public final class ResourceLimits {
    private static final long MIN_SHARES = 2;
    private static final long MAX_SHARES = 262_144;
    private static final long MIN_PERIOD = 1_000;
    private static final long MAX_PERIOD = 1_000_000;
    private static final long MIN_QUOTA = 1_000;

    /** Controller and file: {@code memory.high}, {@code hugetlb.2MB.max}. No path, which would lead elsewhere. */
    private static final Pattern CGROUP_FILE = Pattern.compile("[a-z0-9_]+(\\.[A-Za-z0-9_-]+)+");

    private final HostLimits host;
    private final HandlerFeatures handler;
    private final String action;

    /** @param action what is being done, with its subject, for errors */
    public ResourceLimits(HostLimits host, HandlerFeatures handler, String action) {
        this.host = host;
        this.handler = handler;
        this.action = action;
    }

    /**
     * The OCI {@code resources} of the given limits; what is not given is not there.
     *
     * @throws GantryException INVALID_ARGUMENT for a limit that can never be set, FAILED_PRECONDITION for one that this
     *     host cannot set
     */
    public ObjectNode toJson(LinuxResources limits) {
        ObjectNode resources = Nodes.object();
        setUnlessEmpty(resources, "cpu", cpu(limits));
        setUnlessEmpty(resources, "memory", memory(limits));
        ArrayNode hugepages = hugepages(limits);
        if (!hugepages.isEmpty()) {
            resources.set("hugepageLimits", hugepages);
        }
        setUnlessEmpty(resources, "unified", unified(limits.unified()));
        return resources;
    }

    /**
     * The limits after an update: what the change does not give stays, and a new memory limit without a swap limit keeps
     * swap as closed as it was.
     */
    public static LinuxResources merge(LinuxResources current, LinuxResources change) {
        Map<String, String> unified = new TreeMap<>(current.unified());
        unified.putAll(change.unified());
        boolean swapFollows = change.memorySwapLimit() == 0
                && change.memoryLimit() != 0
                && current.memorySwapLimit() == current.memoryLimit();
        return new LinuxResources(
                given(change.cpuPeriod(), current.cpuPeriod()),
                given(change.cpuQuota(), current.cpuQuota()),
                given(change.cpuShares(), current.cpuShares()),
                given(change.memoryLimit(), current.memoryLimit()),
                given(change.oomScoreAdj(), current.oomScoreAdj()),
                change.cpusetCpus().isEmpty() ? current.cpusetCpus() : change.cpusetCpus(),
                change.cpusetMems().isEmpty() ? current.cpusetMems() : change.cpusetMems(),
                change.hugepageLimits().isEmpty() ? current.hugepageLimits() : change.hugepageLimits(),
                unified,
                swapFollows ? change.memoryLimit() : given(change.memorySwapLimit(), current.memorySwapLimit()));
    }

    private static long given(long change, long current) {
        return change == 0 ? current : change;
    }

    private ObjectNode cpu(LinuxResources limits) {
        ObjectNode cpu = Nodes.object();
        if (limits.cpuShares() != 0) {
            if (limits.cpuShares() < MIN_SHARES || limits.cpuShares() > MAX_SHARES) {
                throw invalid("cpu shares " + limits.cpuShares() + " are outside 2 to 262144");
            }
            cpu.put("shares", limits.cpuShares());
        }
        if (limits.cpuQuota() != 0) {
            if (limits.cpuQuota() > 0 && limits.cpuQuota() < MIN_QUOTA) {
                throw invalid("cpu quota " + limits.cpuQuota() + " is below 1000 microseconds");
            }
            cpu.put("quota", Math.max(-1, limits.cpuQuota()));
        }
        if (limits.cpuPeriod() != 0) {
            if (limits.cpuPeriod() < MIN_PERIOD || limits.cpuPeriod() > MAX_PERIOD) {
                throw invalid("cpu period " + limits.cpuPeriod() + " is outside 1000 to 1000000 microseconds");
            }
            cpu.put("period", limits.cpuPeriod());
        }
        if (!limits.cpusetCpus().isEmpty()) {
            cpu.put("cpus", idList("cpuset cpus", limits.cpusetCpus()));
        }
        if (!limits.cpusetMems().isEmpty()) {
            cpu.put("mems", idList("cpuset mems", limits.cpusetMems()));
        }
        return cpu;
    }

    /** The list format of cpuset(7). */
    private String idList(String what, String list) {
        if (!list.matches("[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")) {
            throw invalid(what + " '" + list + "' is not a list such as 0-3,7");
        }
        return list;
    }

    private ObjectNode memory(LinuxResources limits) {
        ObjectNode memory = Nodes.object();
        long limit = limits.memoryLimit();
        long swap = limits.memorySwapLimit();
        if (limit > 0 && limit < handler.minimumMemory()) {
            throw invalid("memory limit of " + limit + " bytes is below the minimum of " + handler.minimumMemory()
                    + " bytes with which runtime handler " + handler.name()
                    + " can start a container; raise resources.limits.memory to at least that");
        }
        if (limit != 0) {
            memory.put("limit", Math.max(-1, limit));
        }
        if (swap > 0 && limit <= 0) {
            throw invalid("a memory and swap limit is given without a memory limit");
        }
        if (swap > 0 && swap < limit) {
            throw invalid(
                    "the memory and swap limit of " + swap + " bytes is below the memory limit of " + limit + " bytes");
        }
        if (swap > limit && !host.swapAccounting()) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            action,
                            "swap cannot be limited on this node, so that a container cannot be given " + (swap - limit)
                                    + " bytes of it")
                    .withRemedy("boot the node with swapaccount=1, or give the pod no swap");
        }
        // Without a swap limit of its own a container with a memory limit gets no swap.
        if (host.swapAccounting() && (swap != 0 || limit != 0)) {
            memory.put("swap", Math.max(-1, swap == 0 ? limit : swap));
        }
        return memory;
    }

    /** The kubelet names every page size that it knows, with 0 for those not asked for. */
    private ArrayNode hugepages(LinuxResources limits) {
        ArrayNode array = Nodes.array();
        for (HugepageLimit limit : limits.hugepageLimits()) {
            if (host.hugepageSizes().contains(limit.pageSize())) {
                array.addObject().put("pageSize", limit.pageSize()).put("limit", limit.limit());
            } else if (limit.limit() > 0) {
                throw GantryException.of(
                                ErrorKind.FAILED_PRECONDITION,
                                action,
                                "huge pages of size " + limit.pageSize() + " cannot be limited on this node")
                        .withRemedy("enable the hugetlb cgroup controller and that page size");
            }
        }
        return array;
    }

    private ObjectNode unified(Map<String, String> files) {
        ObjectNode unified = Nodes.object();
        for (Map.Entry<String, String> file : new TreeMap<>(files).entrySet()) {
            if (!CGROUP_FILE.matcher(file.getKey()).matches()) {
                throw invalid("'" + file.getKey() + "' is not the name of a cgroup file");
            }
            unified.put(file.getKey(), file.getValue());
        }
        if (!files.isEmpty() && !host.cgroupV2()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action,
                    "unified resources need cgroup v2, and this node has cgroup v1");
        }
        return unified;
    }

    private static void setUnlessEmpty(ObjectNode parent, String name, ObjectNode child) {
        if (!child.isEmpty()) {
            parent.set(name, child);
        }
    }

    private GantryException invalid(String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem);
    }
}
