/**
 * Reading from registries: {@link io.gantry.image.registry.RegistryClient} resolves manifests and opens blobs over the
 * OCI distribution protocol, {@link io.gantry.image.registry.RegistryHosts} says which mirrors and TLS settings a
 * registry has, {@link io.gantry.image.registry.BlobStream} survives broken connections. Nothing here writes to disk.
 */
@NullMarked
package io.gantry.image.registry;

import org.jspecify.annotations.NullMarked;
