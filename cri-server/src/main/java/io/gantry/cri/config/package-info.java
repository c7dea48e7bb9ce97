/**
 * The daemon's configuration: one record for each section of gantry.toml, in whose {@code read} method key, default, rule
 * and comment stand together; {@link io.gantry.cri.config.ConfigLoader} reads the files and reports every problem at once,
 * {@link io.gantry.cri.config.ConfigTemplate} writes the defaults out. Nothing here opens a socket or starts a part.
 */
@NullMarked
package io.gantry.cri.config;

import org.jspecify.annotations.NullMarked;
