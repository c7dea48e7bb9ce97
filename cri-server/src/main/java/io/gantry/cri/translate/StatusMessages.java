package io.gantry.cri.translate;

import io.gantry.cri.v1.CgroupDriver;
import io.gantry.cri.v1.LinuxRuntimeConfiguration;
import io.gantry.cri.v1.RuntimeCondition;
import io.gantry.cri.v1.RuntimeConfigResponse;
import io.gantry.cri.v1.RuntimeFeatures;
import io.gantry.cri.v1.RuntimeHandler;
import io.gantry.cri.v1.RuntimeHandlerFeatures;
import io.gantry.cri.v1.RuntimeStatus;
import io.gantry.cri.v1.StatusResponse;
import io.gantry.cri.v1.VersionResponse;
import java.util.Map;

/** What the runtime says about itself. */
public final class StatusMessages {
    /** Name of this runtime; container ids in Kubernetes begin with it. */
    public static final String RUNTIME_NAME = "gantry";
    /** The only version of its own side that the kubelet accepts. */
    private static final String KUBELET_API_VERSION = "0.1.0";
    /** Version of CRI. */
    private static final String CRI_VERSION = "v1";

    private StatusMessages() {}

    public static VersionResponse version(String runtimeVersion) {
        return VersionResponse.newBuilder()
                .setVersion(KUBELET_API_VERSION)
                .setRuntimeName(RUNTIME_NAME)
                .setRuntimeVersion(runtimeVersion)
                .setRuntimeApiVersion(CRI_VERSION)
                .build();
    }

    /** @param info further facts, each value in JSON; empty when the caller does not want them */
    public static StatusResponse status(NodeStatus status, Map<String, String> info) {
        StatusResponse.Builder response = StatusResponse.newBuilder()
                .setStatus(RuntimeStatus.newBuilder()
                        .addConditions(condition("RuntimeReady", status.runtime()))
                        .addConditions(condition("NetworkReady", status.network())))
                .setFeatures(RuntimeFeatures.newBuilder()
                        .setSupplementalGroupsPolicy(true)
                        .setUserNamespacesHostNetwork(
                                status.handlers().stream().anyMatch(NodeStatus.Handler::userNamespaces))
                        .setMountOptions(true))
                .putAllInfo(info);
        for (NodeStatus.Handler handler : status.handlers()) {
            // The default one is asked for by the empty name as well as by its own.
            if (handler.isDefault()) {
                response.addRuntimeHandlers(handler("", handler));
            }
            response.addRuntimeHandlers(handler(handler.name(), handler));
        }
        return response.build();
    }

    /** @param systemd whether systemd makes the cgroups */
    public static RuntimeConfigResponse runtimeConfig(boolean systemd) {
        return RuntimeConfigResponse.newBuilder()
                .setLinux(LinuxRuntimeConfiguration.newBuilder()
                        .setCgroupDriver(systemd ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS))
                .build();
    }

    private static RuntimeCondition condition(String type, NodeStatus.Condition condition) {
        return RuntimeCondition.newBuilder()
                .setType(type)
                .setStatus(condition.ready())
                .setReason(condition.reason())
                .setMessage(condition.message())
                .build();
    }

    private static RuntimeHandler handler(String name, NodeStatus.Handler handler) {
        return RuntimeHandler.newBuilder()
                .setName(name)
                .setFeatures(RuntimeHandlerFeatures.newBuilder()
                        .setRecursiveReadOnlyMounts(handler.recursiveReadOnlyMounts())
                        .setUserNamespaces(handler.userNamespaces()))
                .build();
    }
}
