/**
 * CRI runtimes as tests see them, each on directories, a bridge and a subnet of its own:
 * {@link io.gantry.e2e.runtime.RuntimeUnderTest} is Gantry or containerd, {@link io.gantry.e2e.runtime.Node} what it
 * may touch, {@link io.gantry.e2e.runtime.Toolbox} where the programs are. Uses the JDK alone, since benchmarks run it
 * straight from source.
 */
@NullMarked
package io.gantry.e2e.runtime;

import org.jspecify.annotations.NullMarked;
