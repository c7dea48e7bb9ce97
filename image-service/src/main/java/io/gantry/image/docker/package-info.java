/** Images of a Docker engine on this host, asked over its socket: {@link io.gantry.image.docker.DockerEngine}. */
@NullMarked
package io.gantry.image.docker;

import org.jspecify.annotations.NullMarked;
