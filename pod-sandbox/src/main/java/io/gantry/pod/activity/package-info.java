/**
 * What the daemon is doing: the calls under way with their steps and what they wait for, how long the steps of each start took,
 * and what failed last. In memory only, bounded, and of this run of the daemon. It decides nothing and nothing depends on it.
 * Central types: {@link io.gantry.pod.activity.Activities}, {@link io.gantry.pod.activity.Activity}, {@link
 * io.gantry.pod.activity.ActivityReport}.
 */
@NullMarked
package io.gantry.pod.activity;

import org.jspecify.annotations.NullMarked;
