/** Real bundles and OCI runtimes for tests: {@link io.gantry.pod.testing.RuntimeBed}. */
@NullMarked
package io.gantry.pod.testing;

import org.jspecify.annotations.NullMarked;
