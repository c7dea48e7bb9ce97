package io.gantry.cri.streaming.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OutputBudgetTests {
    @Test
    void allClientsTogetherHaveOneLimit() {
        OutputBudget budget = new OutputBudget(100);

        assertThat(budget.set("a", 60)).isTrue();
        assertThat(budget.set("b", 40)).isTrue();
        assertThat(budget.set("b", 41)).isFalse();
        assertThat(budget.set("a", 0)).isTrue();
        budget.remove("b");
        assertThat(budget.set("c", 100)).isTrue();
    }
}
