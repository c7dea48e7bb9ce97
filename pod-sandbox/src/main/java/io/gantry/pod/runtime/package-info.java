/** OCI runtimes and the table of runtime handlers: {@link io.gantry.pod.runtime.RuntimeHandlers}, {@link io.gantry.pod.runtime.OciRuntime}. */
@NullMarked
package io.gantry.pod.runtime;

import org.jspecify.annotations.NullMarked;
