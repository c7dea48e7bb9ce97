/**
 * Names for the figures of {@link io.gantry.pod.stats}: those that cAdvisor gave them and that dashboards ask for. {@link
 * io.gantry.pod.metrics.PodMetrics} is the façade.
 */
@NullMarked
package io.gantry.pod.metrics;

import org.jspecify.annotations.NullMarked;
