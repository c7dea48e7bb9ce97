/** From a container's config and its image to the OCI runtime specification: {@link io.gantry.pod.spec.OciSpecBuilder}. Nothing here starts anything. */
@NullMarked
package io.gantry.pod.spec;

import org.jspecify.annotations.NullMarked;
