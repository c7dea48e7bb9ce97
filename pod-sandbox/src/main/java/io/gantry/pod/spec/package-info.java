/** From a container's config and its image to the OCI runtime specification: {@link io.gantry.pod.spec.OciSpecBuilder} makes an {@link io.gantry.pod.spec.OciSpec} of a {@link io.gantry.pod.spec.SpecRequest}, one class per part of it. Nothing here starts anything. */
@NullMarked
package io.gantry.pod.spec;

import org.jspecify.annotations.NullMarked;
