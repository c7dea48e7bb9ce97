/**
 * The module's façade: {@link io.gantry.image.service.ImageService} pulls, lists and removes images and mounts root file
 * systems made of them, in records that know neither gRPC nor registries.
 */
@NullMarked
package io.gantry.image.service;

import org.jspecify.annotations.NullMarked;
