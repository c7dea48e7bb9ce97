package io.gantry.pod.config;

/**
 * What the kubelet calls a sandbox; unique together (api.proto PodSandboxMetadata).
 *
 * @param attempt the kubelet's count of sandboxes made for this pod
 */
public record SandboxMetadata(String name, String uid, String namespace, int attempt) {
    /** The name that no two sandboxes may share. */
    public String uniqueName() {
        return name + "_" + namespace + "_" + uid + "_" + attempt;
    }

    /** For people: {@code namespace/name}. */
    public String display() {
        return namespace + "/" + name;
    }
}
