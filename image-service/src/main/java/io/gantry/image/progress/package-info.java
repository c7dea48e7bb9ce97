/** How far pulls are: {@link io.gantry.image.progress.PullProgress}, fed by {@link io.gantry.image.progress.WatchedSource}. */
@NullMarked
package io.gantry.image.progress;

import org.jspecify.annotations.NullMarked;
