package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.TestInstance;

/** A kubelet without an API server: the pods are files. All cases share one node; those that end a daemon come last. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class StaticPodsIT {
    private @Nullable KubeletNode node;

    @BeforeAll
    void start() throws Exception {
        node = KubeletNode.standalone();
    }

    @AfterAll
    void close() throws Exception {
        if (node != null) {
            node.close();
            assertThat(node.remains()).isEmpty();
        }
    }

    private KubeletNode shared() {
        if (node == null) {
            throw new IllegalStateException("the node is not started");
        }
        return node;
    }

    @Nested
    @Order(1)
    class Probes extends ProbeCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(2)
    class Life extends LifeCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(3)
    class Logs extends LogCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(4)
    class Streams extends StreamCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(5)
    class Metrics extends MetricsCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(6)
    class Checkpoints extends CheckpointCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(7)
    class Images extends ImageCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(8)
    class Restarts extends RestartCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    @Order(9)
    class Garbage extends GarbageCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }
}
