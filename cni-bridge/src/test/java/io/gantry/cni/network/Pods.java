package io.gantry.cni.network;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Attachments for tests. */
final class Pods {
    /** A network namespace that every test has. */
    static final Path OWN_NETNS = Path.of("/proc/self/ns/net");

    private Pods() {}

    static PodAttachment pod(String id) {
        return pod(id, OWN_NETNS);
    }

    static PodAttachment pod(String id, Path netns) {
        return new PodAttachment(id, netns, "web", "default", "uid-1", List.of(), Map.of(), null, null);
    }

    static PodAttachment pod(String id, Path netns, PortMapping... ports) {
        return new PodAttachment(id, netns, "web", "default", "uid-1", List.of(ports), Map.of(), null, null);
    }

    static PodAttachment annotated(String id, Map<String, String> annotations) {
        return new PodAttachment(id, OWN_NETNS, "web", "default", "uid-1", List.of(), annotations, null, null);
    }
}
