package io.gantry.pod.spec;

import java.util.List;

/**
 * What the runtime handler that will run a container can do, as far as its specification depends on it.
 *
 * @param name the handler's name, for errors
 * @param recursiveReadOnly whether mounts may be read-only with all that is mounted below them ({@code rro})
 * @param idmappedMounts whether mounts may carry id mappings
 * @param minimumMemory smallest memory limit in bytes with which the handler can start a container
 * @param unsafeAnnotations annotations that change what the runtime does; one that ends with a dot is a prefix
 */
public record HandlerFeatures(
        String name,
        boolean recursiveReadOnly,
        boolean idmappedMounts,
        long minimumMemory,
        List<String> unsafeAnnotations) {
    public HandlerFeatures {
        unsafeAnnotations = List.copyOf(unsafeAnnotations);
    }

    /** The same on a host that cannot map ids. */
    public HandlerFeatures withoutIdmappedMounts() {
        return new HandlerFeatures(name, recursiveReadOnly, false, minimumMemory, unsafeAnnotations);
    }

    /** User namespaces need id-mapped mounts: volumes would otherwise have to change owner. */
    public boolean userNamespaces() {
        return idmappedMounts;
    }
}
