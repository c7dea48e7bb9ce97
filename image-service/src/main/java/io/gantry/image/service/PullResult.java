package io.gantry.image.service;

/**
 * A pulled image.
 *
 * @param id {@code sha256:…}, what CRI's {@code PullImageResponse.image_ref} is
 */
public record PullResult(String id, Image image) {}
