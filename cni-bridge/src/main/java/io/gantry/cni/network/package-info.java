/**
 * Pod networks: {@link io.gantry.cni.network.PodNetworks} attaches sandboxes ({@link
 * io.gantry.cni.network.PodAttachment}) to the node's pod network and detaches them, says whether the network is ready
 * ({@link io.gantry.cni.network.NetworkStatus}) and collects what earlier runs left. One class per verb.
 */
@NullMarked
package io.gantry.cni.network;

import org.jspecify.annotations.NullMarked;
