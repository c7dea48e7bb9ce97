/** The life cycle of containers, one class per CRI verb behind {@link io.gantry.pod.container.Containers}. */
@NullMarked
package io.gantry.pod.container;

import org.jspecify.annotations.NullMarked;
