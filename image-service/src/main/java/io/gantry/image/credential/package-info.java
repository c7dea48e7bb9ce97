/** Credentials from Docker's {@code config.json} and the helper programs it names: {@link io.gantry.image.credential.DockerConfigFile}. */
@NullMarked
package io.gantry.image.credential;

import org.jspecify.annotations.NullMarked;
