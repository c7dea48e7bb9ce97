/**
 * A real kubelet of today on Gantry: {@link io.gantry.e2e.kubelet.StaticPodsIT} without an API server,
 * {@link io.gantry.e2e.kubelet.ClusterIT} with one. {@link io.gantry.e2e.kubelet.KubeletNode} is what they run on.
 */
@NullMarked
package io.gantry.e2e.kubelet;

import org.jspecify.annotations.NullMarked;
