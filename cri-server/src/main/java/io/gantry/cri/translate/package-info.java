/**
 * Between CRI's protobuf messages and the records of the inner modules, field by field and in both directions:
 * {@link io.gantry.cri.translate.SandboxMessages}, {@link io.gantry.cri.translate.ContainerMessages},
 * {@link io.gantry.cri.translate.ImageMessages}, {@link io.gantry.cri.translate.StatusMessages}. What a request may never
 * contain, whatever the state of the node, is refused here with INVALID_ARGUMENT; no field is dropped in silence.
 */
@NullMarked
package io.gantry.cri.translate;

import org.jspecify.annotations.NullMarked;
