package io.gantry.pod.container;

import io.gantry.image.service.ImageService;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.Mounts;
import io.gantry.pod.activity.Activities;
import io.gantry.pod.cgroup.CgroupPaths;
import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.events.PodEvents;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.monitor.ConmonControl;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.runtime.OciRuntimes;
import io.gantry.pod.spec.HostLimits;
import io.gantry.pod.spec.OciSpecBuilder;
import io.gantry.pod.state.PodState;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * What the container verbs work with, made once by PodService.
 *
 * @param operationTimeout how long one run of an OCI runtime may take
 */
public record ContainerParts(
        PodState state,
        ImageService images,
        OciRuntimes runtimes,
        OciSpecBuilder specs,
        HostLimits hostLimits,
        Conmon conmon,
        ConmonControl control,
        ExitFiles exits,
        CgroupPaths cgroupPaths,
        Cgroups cgroups,
        PodNamespaces namespaces,
        HostFacts host,
        Mounts mounts,
        PodEvents events,
        PodPlugins plugins,
        Activities activities,
        Supplier<String> ids,
        Clock clock,
        Duration operationTimeout) {}
