package io.gantry.pod.state;

import java.nio.file.Path;

/**
 * Every path that pod-sandbox uses. What must survive a reboot lies under {@code root}; what belongs to running processes
 * lies under {@code state}, a tmpfs.
 */
public record PodPaths(Path root, Path state) {
    /** Records of sandboxes, one JSON file each. */
    public Path sandboxRecords() {
        return root.resolve("sandboxes");
    }

    /** Records of containers, one JSON file each. */
    public Path containerRecords() {
        return root.resolve("containers");
    }

    /** Checkpoints under way, one directory each. */
    public Path checkpoints() {
        return root.resolve("checkpoints");
    }

    /** Checkpoints that created containers are to be restored from, one directory each. */
    public Path restores() {
        return root.resolve("restores");
    }

    /** The checkpoint that a container is restored from; it has none when its program is started. */
    public Path restore(String containerId) {
        return restores().resolve(containerId);
    }

    /** All that a sandbox has while it runs. */
    public Path sandbox(String id) {
        return state.resolve("sandboxes").resolve(id);
    }

    public Path sandboxes() {
        return state.resolve("sandboxes");
    }

    /** Pinned namespaces of a sandbox: files named after the kinds of /proc/PID/ns. */
    public Path namespaces(String sandboxId) {
        return sandbox(sandboxId).resolve("ns");
    }

    public Path resolvConf(String sandboxId) {
        return sandbox(sandboxId).resolve("resolv.conf");
    }

    public Path hostname(String sandboxId) {
        return sandbox(sandboxId).resolve("hostname");
    }

    public Path shm(String sandboxId) {
        return sandbox(sandboxId).resolve("shm");
    }

    public Path bundles() {
        return state.resolve("containers");
    }

    /** The OCI bundle of a container. */
    public Path bundle(String containerId) {
        return bundles().resolve(containerId);
    }

    public Path rootfs(String containerId) {
        return bundle(containerId).resolve("rootfs");
    }

    /** Where conmon writes exit codes, one file named after each container. */
    public Path exits() {
        return state.resolve("exits");
    }

    /** Where conmon puts a link to each bundle that has an attach socket. */
    public Path sockets() {
        return state.resolve("sockets");
    }

    /** Files of commands that run in containers. */
    public Path execs() {
        return state.resolve("execs");
    }
}
