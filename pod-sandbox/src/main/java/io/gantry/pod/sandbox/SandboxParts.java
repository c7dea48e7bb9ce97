package io.gantry.pod.sandbox;

import io.gantry.cni.network.PodNetworks;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.pod.activity.Activities;
import io.gantry.pod.cgroup.CgroupPaths;
import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.container.Containers;
import io.gantry.pod.events.PodEvents;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.pause.PauseProcess;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.runtime.RuntimeHandlers;
import io.gantry.pod.state.PodState;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * What the sandbox verbs work with, made once by PodService.
 *
 * @param pauseTimeout how long a pause process may take until it is ready
 */
public record SandboxParts(
        PodState state,
        PodNetworks networks,
        Containers containers,
        RuntimeHandlers handlers,
        CgroupPaths cgroupPaths,
        Cgroups cgroups,
        PodNamespaces namespaces,
        Mounts mounts,
        SandboxFiles files,
        PauseProcess pause,
        ProcessRunner processes,
        HostFacts host,
        PodEvents events,
        PodPlugins plugins,
        Activities activities,
        Supplier<String> ids,
        Clock clock,
        Duration pauseTimeout) {
    /** The parts, with the files of sandboxes under {@code state}'s paths. */
    public static SandboxParts of(
            PodState state,
            PodNetworks networks,
            Containers containers,
            RuntimeHandlers handlers,
            CgroupPaths cgroupPaths,
            Cgroups cgroups,
            PodNamespaces namespaces,
            Mounts mounts,
            PauseProcess pause,
            ProcessRunner processes,
            HostFacts host,
            PodEvents events,
            PodPlugins plugins,
            Activities activities,
            Supplier<String> ids,
            Clock clock,
            Duration pauseTimeout) {
        return new SandboxParts(
                state,
                networks,
                containers,
                handlers,
                cgroupPaths,
                cgroups,
                namespaces,
                mounts,
                new SandboxFiles(state.paths(), mounts),
                pause,
                processes,
                host,
                events,
                plugins,
                activities,
                ids,
                clock,
                pauseTimeout);
    }
}
