package io.gantry.image.service;

import io.gantry.image.budget.TransferBudget;

/**
 * Memory of all pulls together, in bytes, as it is accounted for before it is allocated.
 *
 * @param budget what they may take; more only for a single transfer that could never run otherwise
 * @param used what they hold now
 * @param peak the most that they ever held
 */
public record PullMemory(long budget, long used, long peak) {
    static PullMemory of(TransferBudget budget) {
        return new PullMemory(budget.bytes(), budget.used(), budget.peak());
    }
}
