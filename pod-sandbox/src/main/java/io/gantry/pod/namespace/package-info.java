/** The namespaces of a pod: pinned under the state directory so that they outlive every process. */
@NullMarked
package io.gantry.pod.namespace;

import org.jspecify.annotations.NullMarked;
