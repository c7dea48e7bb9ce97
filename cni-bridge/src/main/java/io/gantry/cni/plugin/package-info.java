/**
 * Running CNI plugin programs: one call is a {@link io.gantry.cni.plugin.CniInvocation}, made by {@link
 * io.gantry.cni.plugin.CniPluginRunner}; what ADD answers is a {@link io.gantry.cni.plugin.CniResult}, what a failure
 * answers a {@link io.gantry.cni.plugin.CniError}. Nothing here knows which plugins make up a network.
 */
@NullMarked
package io.gantry.cni.plugin;

import org.jspecify.annotations.NullMarked;
