/** What exists: the records of sandboxes and containers, their status, and the tables that keep them on disk and in memory. Readers get immutable snapshots and never wait. */
@NullMarked
package io.gantry.pod.state;

import org.jspecify.annotations.NullMarked;
