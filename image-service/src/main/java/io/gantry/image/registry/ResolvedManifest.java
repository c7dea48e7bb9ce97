package io.gantry.image.registry;

import io.gantry.image.spec.Descriptor;
import java.net.URI;

/**
 * A manifest or index as a registry served it, digest checked.
 *
 * @param descriptor media type, digest and size of {@code bytes}
 * @param bytes the document itself; not to be changed
 * @param servedBy the endpoint that had it
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, and copying megabytes protects nothing
public record ResolvedManifest(Descriptor descriptor, byte[] bytes, URI servedBy) {}
