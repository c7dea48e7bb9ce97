/**
 * Images in local files, without a registry: {@link io.gantry.image.archive.ArchiveImages} finds them in what {@code docker
 * save}, {@code podman save} or {@code skopeo copy} wrote. They are pulled from there like from a registry.
 */
@NullMarked
package io.gantry.image.archive;

import org.jspecify.annotations.NullMarked;
