/**
 * The documents a registry serves, read from hostile bytes into records: {@link io.gantry.image.spec.ImageIndex},
 * {@link io.gantry.image.spec.ImageManifest}, {@link io.gantry.image.spec.ImageConfigFile}, all of them Docker v2.2 and
 * OCI. No I/O here.
 */
@NullMarked
package io.gantry.image.spec;

import org.jspecify.annotations.NullMarked;
