/**
 * OCI artifacts, images without a root file system: {@link io.gantry.image.artifact.PullArtifact} stores their blobs as
 * files, so that they can be listed and mounted like images.
 */
@NullMarked
package io.gantry.image.artifact;

import org.jspecify.annotations.NullMarked;
