package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** A kubelet with an API server, and what only that can ask of it. All cases share one node. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterIT {
    private @Nullable KubeletNode node;

    @BeforeAll
    void start() throws Exception {
        node = KubeletNode.cluster();
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
    class Basics extends BasicClusterCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    class Volumes extends VolumeCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }

    @Nested
    class Features extends FeatureCases {
        @Override
        KubeletNode node() {
            return shared();
        }
    }
}
