package io.gantry.cri.config;

import io.gantry.pod.PodService;
import io.gantry.pod.runtime.HandlerConfig;
import io.gantry.pod.spec.Rlimit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How containers are run.
 *
 * @param defaultHandler handler of pods without a RuntimeClass; empty: the first that works of crun and runc
 * @param cgroupDriver {@code systemd}, {@code cgroupfs}, or empty to choose by the host
 * @param conmon the container monitor, a path or a name to look up in PATH
 * @param pause the pause program, a path; empty: the one beside this program
 * @param operationTimeout how long one run of an OCI runtime may take
 * @param cdiSpecDirs where specifications of CDI devices are, a later directory winning over an earlier one
 * @param baseSpec file with the OCI specification that containers of handlers without one of their own start from; empty:
 *     the built-in one
 * @param defaultRlimits limits of processes of which no specification says anything, each resource once
 * @param handlers by name
 */
public record RuntimeConfig(
        String defaultHandler,
        String cgroupDriver,
        String conmon,
        String pause,
        Duration operationTimeout,
        List<Path> cdiSpecDirs,
        String baseSpec,
        List<Rlimit> defaultRlimits,
        Map<String, RuntimeHandlerConfig> handlers) {
    private static final Set<String> BUILT_IN_HANDLERS = new LinkedHashSet<>(List.of("runc", "crun"));

    public RuntimeConfig {
        cdiSpecDirs = List.copyOf(cdiSpecDirs);
        defaultRlimits = List.copyOf(defaultRlimits);
        handlers = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(handlers));
    }

    /**
     * The table of handlers with what a section leaves out.
     *
     * @param state Gantry's state directory
     */
    public Map<String, HandlerConfig> handlerTable(Path state) {
        Map<String, HandlerConfig> table = new LinkedHashMap<>();
        handlers.forEach((name, handler) -> {
            String spec = handler.baseSpec().isEmpty() ? baseSpec : handler.baseSpec();
            table.put(
                    name,
                    PodService.handler(
                            state, name, handler.path(), handler.root(), spec.isEmpty() ? null : Path.of(spec)));
        });
        return table;
    }

    static RuntimeConfig read(ConfigSection in) {
        String defaultHandler = in.text(
                "default_handler",
                "",
                "Handler of pods without a RuntimeClass; empty: the first that works of crun and runc.");
        String cgroupDriver = in.oneOf(
                "cgroup_driver",
                "",
                List.of("", "systemd", "cgroupfs"),
                "Who makes cgroups; empty: systemd where it is PID 1 on cgroup v2, else cgroupfs. The kubelet asks for this.");
        String conmon = in.parsed(
                "conmon",
                "conmon",
                "The container monitor: a path, or a name looked up in PATH.",
                RuntimeHandlerConfig::program);
        String pause = in.parsed(
                "pause",
                "",
                "The program that holds a pod's namespaces; empty: the one that came with Gantry.",
                value -> value.isEmpty() ? value : RuntimeHandlerConfig.program(value));
        Duration operationTimeout = in.duration(
                "operation_timeout",
                "2m",
                Duration.ofSeconds(1),
                Duration.ofHours(1),
                "How long one run of an OCI runtime may take before it is killed.");
        List<Path> cdiSpecDirs = in.absolutePaths(
                "cdi_spec_dirs",
                List.of("/etc/cdi", "/var/run/cdi"),
                "Where specifications of CDI devices are; a device in a later directory replaces that in an earlier one.");
        String baseSpec = in.parsed(
                "base_spec",
                "",
                "File with the OCI specification that containers start from; empty: the built-in one. A handler's own wins.",
                RuntimeHandlerConfig::optionalPath);
        List<Rlimit> defaultRlimits = in.texts(
                "default_rlimits",
                List.of("nofile=1024:524288", "core=0:unlimited"),
                "Limits (soft:hard) of processes in containers, where no base specification has them; for others the daemon's.",
                RlimitText::parse);
        Map<String, RuntimeHandlerConfig> handlers = in.sections(
                "handlers",
                BUILT_IN_HANDLERS,
                name -> BUILT_IN_HANDLERS.contains(name)
                        ? "Handler " + name
                                + ". More can be added as [runtime.handlers.<name>] and chosen by a RuntimeClass."
                        : "",
                RuntimeHandlerConfig::read);
        if (!defaultHandler.isEmpty() && !handlers.containsKey(defaultHandler)) {
            in.refuse(
                    "default_handler",
                    "must be one of " + String.join(", ", handlers.keySet()) + ", not \"" + defaultHandler
                            + "\"; add a section [runtime.handlers." + defaultHandler + "]");
        }
        return new RuntimeConfig(
                defaultHandler,
                cgroupDriver,
                conmon,
                pause,
                operationTimeout,
                cdiSpecDirs,
                baseSpec,
                defaultRlimits,
                handlers);
    }
}
