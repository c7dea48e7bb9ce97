package io.gantry.e2e;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Runs the CRI validation suite of cri-tools against a runtime. */
final class Critest {
    /** The digest that the suite pulls one image by. It cannot be rebuilt, so the program is patched to ask for ours. */
    private static final String DIGEST = "9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf";

    private static final Duration LIMIT = Duration.ofMinutes(20);

    /**
     * One spec's outcome.
     *
     * @param name the spec's full name
     * @param state {@code passed}, {@code failed} or {@code skipped}
     * @param message why it failed or was skipped, empty when it passed
     */
    record Spec(String name, String state, String message) {}

    /** What later versions have: without it, their specs of NRI are skipped. */
    private static final String NRI_FLAG = "nri-socket";

    private final RuntimeUnderTest runtime;

    Critest(RuntimeUnderTest runtime) {
        this.runtime = runtime;
    }

    /**
     * Runs every validation spec; benchmarks are left out of the result.
     *
     * @param focus a regular expression, empty for all
     * @param flags more flags for the program
     */
    List<Spec> run(String focus, String... flags) throws IOException, InterruptedException {
        Path directory = Files.createDirectories(runtime.node().files().resolve("critest"));
        Path program = patched(directory);
        Path report = directory.resolve("junit.xml");
        Files.writeString(directory.resolve("crictl.yaml"), "timeout: 60\n");
        List<String> words = new ArrayList<>(List.of(
                program.toString(),
                "-config",
                directory.resolve("crictl.yaml").toString(),
                "-runtime-endpoint",
                "unix://" + runtime.node().socket(),
                "-image-endpoint",
                "unix://" + runtime.node().socket(),
                "-ginkgo.no-color",
                "-ginkgo.junit-report",
                report.toString()));
        if (holds(program, NRI_FLAG)) {
            words.addAll(List.of("-" + NRI_FLAG, runtime.node().nriSocket().toString()));
        }
        words.addAll(List.of(flags));
        if (!focus.isEmpty()) {
            words.addAll(List.of("-ginkgo.focus", focus));
        }
        // The exit status says no more than the report does, and less than it when a spec is a known failure.
        var result = Command.of(words).in(directory).within(LIMIT).result();
        if (!Files.exists(report)) {
            throw new IOException("run critest: it left no report: " + result.output() + result.error());
        }
        return parse(report);
    }

    private static boolean holds(Path program, String text) throws IOException {
        return new String(Files.readAllBytes(program), StandardCharsets.ISO_8859_1).contains(text);
    }

    private static Path patched(Path directory) throws IOException {
        byte[] program = Files.readAllBytes(Toolbox.require("critest"));
        // Latin-1 maps bytes to characters one to one.
        String text = new String(program, StandardCharsets.ISO_8859_1);
        String ours = manifestDigest("k8s-staging-cri-tools/test-image-digest");
        int at = text.indexOf(DIGEST);
        if (at < 0 || text.indexOf(DIGEST, at + 1) >= 0) {
            throw new IOException("patch critest: its image digest does not stand there exactly once");
        }
        System.arraycopy(ours.getBytes(StandardCharsets.ISO_8859_1), 0, program, at, DIGEST.length());
        Path patched = directory.resolve("critest");
        Files.write(patched, program);
        Files.setAttribute(patched, "unix:mode", 0755);
        return patched;
    }

    private static String manifestDigest(String repository) throws IOException {
        for (String line : Files.readAllLines(Toolbox.requireImages().resolve("images.tsv"))) {
            String[] fields = line.split("\t", -1);
            if (fields[0].equals(repository)) {
                return fields[2].substring("sha256:".length());
            }
        }
        throw new IOException("find the digest of " + repository + ": it is not among the test images");
    }

    private static List<Spec> parse(Path report) throws IOException {
        List<Spec> specs = new ArrayList<>();
        NodeList cases;
        try {
            cases = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(report.toFile())
                    .getElementsByTagName("testcase");
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException("read critest's report " + report, e);
        }
        for (int i = 0; i < cases.getLength(); i++) {
            Element spec = (Element) cases.item(i);
            String name = spec.getAttribute("name");
            if (name.startsWith("[It]")
                    && !name.contains("[benchmark]")
                    && !spec.getAttribute("status").isEmpty()) {
                String message = message(spec, "failure") + message(spec, "error") + message(spec, "skipped");
                String state = spec.getAttribute("status");
                if (!notFocused(state, message)) {
                    specs.add(new Spec(name.substring("[It] ".length()), outcome(state), message));
                }
            }
        }
        return specs;
    }

    /** Ginkgo reports specs outside of the focus (and all benchmarks) as skipped without a reason. */
    private static boolean notFocused(String state, String message) {
        return state.equals("skipped") && (message.isEmpty() || message.equals("skipped"));
    }

    private static String outcome(String state) {
        return switch (state) {
            case "passed", "skipped" -> state;
            default -> "failed";
        };
    }

    private static String message(Element spec, String tag) {
        NodeList found = spec.getElementsByTagName(tag);
        return found.getLength() == 0
                ? ""
                : ((Element) found.item(0)).getAttribute("message").strip().replaceFirst("^skipped - ", "");
    }
}
