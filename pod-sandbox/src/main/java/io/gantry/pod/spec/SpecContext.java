package io.gantry.pod.spec;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerSecurity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** One specification being built: what its parts read, and the warnings that they add. */
final class SpecContext {
    private final SpecRequest request;
    private final HostLimits host;
    private final DefaultRlimits rlimits;
    private final List<String> warnings = new ArrayList<>();
    private final Map<String, String> devices = new TreeMap<>();

    SpecContext(SpecRequest request, HostLimits host, DefaultRlimits rlimits) {
        this.request = request;
        this.host = host;
        this.rlimits = rlimits;
    }

    SpecRequest request() {
        return request;
    }

    HostLimits host() {
        return host;
    }

    DefaultRlimits rlimits() {
        return rlimits;
    }

    ContainerConfig config() {
        return request.config();
    }

    ContainerSecurity security() {
        return request.config().security();
    }

    boolean isPrivileged() {
        return security().privileged();
    }

    /** The part of the base specification under {@code pointer}, missing when there is none. */
    JsonNode base(String pointer) {
        ObjectNode base = request.baseSpec();
        return base == null ? MissingNode.getInstance() : base.at(pointer);
    }

    /** Notes that the container gets less than was asked for. */
    void warn(String warning) {
        warnings.add(warning);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Notes which device of the host a device node of the container stands for. */
    void noteDevice(String path, String hostPath) {
        devices.put(path, hostPath);
    }

    /** Paths on the host by path in the container. */
    Map<String, String> devices() {
        return devices;
    }

    /** The request can never succeed. */
    GantryException invalid(String problem) {
        return error(ErrorKind.INVALID_ARGUMENT, problem, null);
    }

    /** The request cannot succeed on this node as it is now. */
    GantryException unmet(String problem, String remedy) {
        return error(ErrorKind.FAILED_PRECONDITION, problem, remedy);
    }

    private GantryException error(ErrorKind kind, String problem, @Nullable String remedy) {
        GantryException error = GantryException.of(kind, request.action(), problem);
        return remedy == null ? error : error.withRemedy(remedy);
    }
}
