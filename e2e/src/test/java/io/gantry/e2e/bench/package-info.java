/** Benchmarks of Gantry beside a peer, run straight from source by {@code ./dev bench}; none asserts a time. */
@NullMarked
package io.gantry.e2e.bench;

import org.jspecify.annotations.NullMarked;
