package io.gantry.cri.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.gantry.cri.contract.FieldTable.Effect;
import io.gantry.cri.contract.FieldTable.Row;
import io.gantry.cri.v1.ListPodSandboxRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * docs/cri.md says of every field of every request what Gantry does with it and which test proves that. A field that comes
 * with a newer contract fails here until it has its row.
 */
class FieldTableTests {
    private static final Path TREE = Path.of("..");
    private static final List<ServiceDescriptor> SERVICES =
            ListPodSandboxRequest.getDescriptor().getFile().getServices();

    private static TestSources tests;
    private static FieldTable table;

    @BeforeAll
    static void read() throws IOException {
        table = FieldTable.read(TREE.resolve("docs/cri.md"));
        tests = TestSources.read(TREE);
    }

    private static Stream<MethodDescriptor> calls() {
        return SERVICES.stream().flatMap(service -> service.getMethods().stream());
    }

    /** The fields that a client can set, as the table names them. Nothing below a field matters that has no effect. */
    private static Set<String> fields() {
        Set<String> fields = new LinkedHashSet<>();
        calls().forEach(call -> collect(call.getInputType(), fields));
        return fields;
    }

    private static void collect(Descriptor message, Set<String> fields) {
        for (FieldDescriptor field : message.getFields()) {
            String name = message.getName() + "." + field.getName();
            Row row = table.fields().get(name);
            boolean counts = row == null || row.kind() == Effect.HONOURED;
            if (fields.add(name)
                    && counts
                    && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                    && !field.isMapField()) {
                collect(field.getMessageType(), fields);
            }
        }
    }

    @Test
    void everyCallHasItsRow() {
        assertThat(table.calls().keySet())
                .containsExactlyInAnyOrderElementsOf(
                        calls().map(MethodDescriptor::getName).toList());
    }

    @Test
    void everyFieldThatAClientCanSetHasItsRowAndNoOther() {
        Set<String> fields = fields();
        assertThat(fields).hasSizeGreaterThan(200);
        assertThat(new TreeSet<>(table.fields().keySet())).isEqualTo(new TreeSet<>(fields));
    }

    @Test
    void everyRowSaysWhatAndProvesIt() {
        table.calls().forEach((name, row) -> {
            assertThat(row.text()).as("text of " + name).isNotBlank();
            check(name, row);
        });
        table.fields().forEach((name, row) -> {
            if (row.kind() != Effect.HONOURED) {
                // What api.proto says needs no repeating.
                assertThat(row.text()).as("reason of " + name).isNotBlank();
            }
            check(name, row);
        });
    }

    private static void check(String name, Row row) {
        boolean nothingToProve = row.effect().equals("no effect");
        assertThat(nothingToProve || !row.proofs().isEmpty())
                .as("tests of " + name)
                .isTrue();
        for (String proof : row.proofs()) {
            assertThat(tests.has(proof) || proof.contains("*") && someCallsAreMissing())
                    .as(name + " in line " + row.line() + ": there is no test " + proof)
                    .isTrue();
        }
    }

    /** Calls that are not there yet cannot have tests. */
    private static boolean someCallsAreMissing() {
        return tests.has("RuntimeServiceEndpointTests.callsThatAreNotThereYetSaySo");
    }
}
