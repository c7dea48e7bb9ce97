/**
 * Checkpoints of containers as files: the archive layout that Kubernetes runtimes, podman and checkpointctl share, how one
 * is written and how one is read that somebody else may have made.
 *
 * @see <a href="https://github.com/checkpoint-restore/checkpointctl">checkpointctl, which names the files</a>
 */
@NullMarked
package io.gantry.pod.checkpoint;

import org.jspecify.annotations.NullMarked;
