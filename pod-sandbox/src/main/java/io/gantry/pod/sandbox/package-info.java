/** The life cycle of pod sandboxes, one class per CRI verb behind {@link io.gantry.pod.sandbox.PodSandboxes}. */
@NullMarked
package io.gantry.pod.sandbox;

import org.jspecify.annotations.NullMarked;
