package io.gantry.pod.spec;

import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.cdi.CdiEdits;
import io.gantry.pod.cdi.CdiRequests;
import io.gantry.pod.cdi.CdiSpecs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Builds a container's OCI runtime specification from what the caller asked for, what the image says and what this host
 * and the runtime handler can do. It only reads: nothing is made, mounted or started.
 */
public final class OciSpecBuilder {
    private static final String OCI_VERSION = "1.0.2";

    private final HostLimits host;
    private final RootfsFiles rootfsFiles;
    private final HostPaths hostPaths;
    private final Path hostDev;
    private final Path apparmorProfiles;
    private final CdiSpecs cdi;
    private final DefaultRlimits rlimits;

    /** @param host what containers may have on this host */
    public OciSpecBuilder(HostLimits host, Syscalls syscalls) {
        this(host, syscalls, new CdiSpecs(CdiSpecs.DIRECTORIES), DefaultRlimits.NONE);
    }

    /**
     * @param cdi the devices of this host that containers may name
     * @param rlimits of processes whose specification has none
     */
    public OciSpecBuilder(HostLimits host, Syscalls syscalls, CdiSpecs cdi, DefaultRlimits rlimits) {
        this(
                host,
                new RootfsFiles(syscalls),
                new HostPaths(),
                Path.of("/dev"),
                HostLimits.APPARMOR_PROFILES,
                cdi,
                rlimits);
    }

    OciSpecBuilder(
            HostLimits host,
            RootfsFiles rootfsFiles,
            HostPaths hostPaths,
            Path hostDev,
            Path apparmorProfiles,
            CdiSpecs cdi,
            DefaultRlimits rlimits) {
        this.host = host;
        this.rootfsFiles = rootfsFiles;
        this.hostPaths = hostPaths;
        this.hostDev = hostDev;
        this.apparmorProfiles = apparmorProfiles;
        this.cdi = cdi;
        this.rlimits = rlimits;
    }

    /**
     * Builds the specification.
     *
     * @throws io.gantry.platform.error.GantryException INVALID_ARGUMENT when the request can never succeed,
     *     FAILED_PRECONDITION when this node or handler cannot serve it, DEADLINE_EXCEEDED when a mount source does not
     *     answer; the text names container, pod and what is wrong
     */
    public OciSpec build(SpecRequest request) throws InterruptedException {
        SpecContext context = new SpecContext(request, host, rlimits);
        List<CdiEdits> deviceEdits = cdi.resolve(CdiRequests.of(request.config()), request.action());
        UserPart user = UserPart.resolve(context, rootfsFiles);
        CapabilitySets capabilities = CapabilitySets.of(context);

        ObjectNode spec =
                request.baseSpec() == null ? Nodes.object() : request.baseSpec().deepCopy();
        if (!spec.path("ociVersion").isString()) {
            spec.put("ociVersion", OCI_VERSION);
        }
        spec.remove(List.of("hostname", "domainname"));
        ObjectNode process = new ProcessPart(context).build(user, capabilities);
        spec.set("process", process);
        spec.putObject("root")
                .put("path", request.rootfs().toString())
                .put("readonly", request.config().security().readOnlyRootfs());
        addAnnotations(context, spec);

        ObjectNode linux = spec.path("linux").isObject() ? (ObjectNode) spec.path("linux") : spec.putObject("linux");
        new MountsPart(context, hostPaths).addTo(spec, linux);
        new NamespacesPart(context).addTo(linux);
        linux.put("cgroupsPath", request.cgroupsPath());
        addResources(context, linux);
        new SecurityPart(context, apparmorProfiles).addTo(process, linux);
        new SeccompPart(context, capabilities).addTo(linux);
        if (!deviceEdits.isEmpty()) {
            new CdiPart(context, hostPaths, spec).apply(deviceEdits);
        }
        UnmadeDevices.bind(context, spec);
        return new OciSpec(spec, user.user(), context.warnings());
    }

    /**
     * Makes a specification whole again that others have changed: CDI devices are injected, mounts put into order, and what
     * this host does not let a container have is clamped as for one that was asked for.
     *
     * @param spec one that {@link #build} made of the same request; changed in place
     * @param devices CDI device names
     * @return the specification, with the warnings that came up here besides
     * @throws io.gantry.platform.error.GantryException as {@link #build}
     */
    public OciSpec complete(SpecRequest request, OciSpec spec, List<String> devices) throws InterruptedException {
        SpecContext context = new SpecContext(request, host, rlimits);
        spec.warnings().forEach(context::warn);
        List<CdiEdits> deviceEdits = cdi.resolve(devices, request.action());
        if (!deviceEdits.isEmpty()) {
            new CdiPart(context, hostPaths, spec.json()).apply(deviceEdits);
        }
        OciMount.sort(spec.json());
        ObjectNode process = spec.json().withObject("process");
        long oomScoreAdj = process.path("oomScoreAdj").asLong(0);
        process.put("oomScoreAdj", ProcessPart.oomScoreAdj(context, oomScoreAdj));
        JsonNode memory = spec.json().at("/linux/resources/memory");
        if (memory.has("limit") && !memory.has("swap") && host.swapAccounting()) {
            ((ObjectNode) memory).put("swap", memory.path("limit").asLong());
        }
        UnmadeDevices.bind(context, spec.json());
        return new OciSpec(spec.json(), spec.user(), context.warnings());
    }

    private void addResources(SpecContext context, ObjectNode linux) {
        JsonNode base = linux.path("resources");
        ObjectNode resources = base.isObject() ? (ObjectNode) base : Nodes.object();
        ObjectNode limits = new ResourceLimits(
                        host, context.request().handler(), context.request().action())
                .toJson(context.config().resources());
        limits.properties().forEach(limit -> resources.set(limit.getKey(), limit.getValue()));
        new DevicesPart(context, hostDev).addTo(linux, resources);
        linux.set("resources", resources);
    }

    /** Annotations that would change what the runtime does are not a pod's to set. */
    private static void addAnnotations(SpecContext context, ObjectNode spec) {
        SpecRequest request = context.request();
        Map<String, String> annotations = new TreeMap<>();
        context.base("/annotations")
                .properties()
                .forEach(entry ->
                        annotations.put(entry.getKey(), entry.getValue().asString("")));
        request.config().annotations().forEach((key, value) -> {
            if (request.handler().unsafeAnnotations().stream().anyMatch(unsafe -> matches(unsafe, key))) {
                context.warn("annotation " + key + " is not handed to the runtime, whose behaviour it would change");
            } else {
                annotations.put(key, value);
            }
        });
        if (request.cgroupsPath().contains(":")) {
            // Else crun moves the processes to a cgroup below the scope, where nobody looks for them (crun(1)).
            annotations.putIfAbsent("run.oci.systemd.subgroup", "");
        }
        // Runtimes that run a pod in a virtual machine look for these.
        annotations.put("io.kubernetes.cri.container-type", "container");
        annotations.put(
                "io.kubernetes.cri.container-name", request.config().metadata().name());
        annotations.put("io.kubernetes.cri.sandbox-id", request.sandboxId());
        ObjectNode json = spec.putObject("annotations");
        annotations.forEach(json::put);
    }

    private static boolean matches(String unsafe, String key) {
        return unsafe.endsWith(".") ? key.startsWith(unsafe) : key.equals(unsafe);
    }
}
