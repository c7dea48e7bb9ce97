/**
 * Root file systems of containers: {@link io.gantry.image.snapshot.SnapshotStore} stacks the layers of an image with
 * overlayfs and keeps the writable directory of each. Nothing here knows what a container is; a snapshot has a key.
 */
@NullMarked
package io.gantry.image.snapshot;

import org.jspecify.annotations.NullMarked;
