/**
 * How an image comes to this node: {@link io.gantry.image.pull.PullImage} lists the steps, {@link
 * io.gantry.image.pull.LayerTransfer} is the pipeline of one layer, {@link io.gantry.image.pull.ImageSource} is where the
 * documents and blobs come from: a registry or an archive.
 */
@NullMarked
package io.gantry.image.pull;

import org.jspecify.annotations.NullMarked;
