/** Tests of {@code io.gantry.pod.namespace}. */
@NullMarked
package io.gantry.pod.namespace;

import org.jspecify.annotations.NullMarked;
