/**
 * Devices of the Container Device Interface (CDI 0.3 to 1.0): specification files on the node say what a container needs
 * to use a device, and containers name the devices.
 */
@NullMarked
package io.gantry.pod.cdi;

import org.jspecify.annotations.NullMarked;
