package io.gantry.image.budget;

/** The memory of one transfer, out of a {@link TransferBudget}; closing it gives all of it back. Safe for many threads. */
public interface TransferMemory extends AutoCloseable {
    /**
     * Waits for more memory, without which the transfer cannot go on. Transfers that wait for more are served one after
     * the other; when all of them wait, the first gets what it needs beyond the budget.
     */
    void require(long bytes) throws InterruptedException;

    /** Takes more memory that is useful but not needed; false when there is none, or somebody else needs it. */
    boolean tryTake(long bytes);

    /** Gives memory of {@link #tryTake} or {@link #require} back early. */
    void giveBack(long bytes);

    /** Whether somebody waits for memory, so that what is only useful should be given back. */
    boolean isWanted();

    @Override
    void close();

    /** Memory without limits, for what is no pull. */
    TransferMemory UNLIMITED = new TransferMemory() {
        @Override
        public void require(long bytes) {}

        @Override
        public boolean tryTake(long bytes) {
            return true;
        }

        @Override
        public void giveBack(long bytes) {}

        @Override
        public boolean isWanted() {
            return false;
        }

        @Override
        public void close() {}
    };
}
