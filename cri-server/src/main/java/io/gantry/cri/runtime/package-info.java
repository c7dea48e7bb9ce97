/**
 * RuntimeService of CRI: {@link io.gantry.cri.runtime.RuntimeServiceEndpoint} translates, delegates and translates back.
 * {@link io.gantry.cri.runtime.SandboxOperations}, {@link io.gantry.cri.runtime.ContainerOperations} and
 * {@link io.gantry.cri.runtime.NodeOperations} are what it delegates to.
 */
@NullMarked
package io.gantry.cri.runtime;

import org.jspecify.annotations.NullMarked;
