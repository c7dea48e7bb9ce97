import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Sums up what surefire and failsafe reported: the counts of each module, every skipped test with its reason, every
 * failed one with its message, and last the line {@code N passed, N failed, N skipped}. The exit status is 0 only when
 * Maven's was, tests ran and none failed.
 */
@SuppressWarnings("DefaultPackage") // It is run from its source.
final class TestSummary {
    private final Map<String, int[]> modules = new TreeMap<>();
    private final List<String> skips = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    /** Arguments: Maven's exit status, the directory of the project. */
    public static void main(String[] args) throws Exception {
        int mavenStatus = Integer.parseInt(args[0]);
        TestSummary summary = new TestSummary();
        summary.readAll(Path.of(args[1]));
        System.exit(summary.print(mavenStatus));
    }

    private void readAll(Path project) throws IOException, ParserConfigurationException, SAXException {
        DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        try (Stream<Path> paths = Files.find(project, 4, (path, attributes) -> isReport(path))) {
            for (Path report : paths.sorted().toList()) {
                String module =
                        report.getParent().getParent().getParent().getFileName().toString();
                NodeList cases = parser.parse(report.toFile()).getElementsByTagName("testcase");
                for (int i = 0; i < cases.getLength(); i++) {
                    count(module, (Element) cases.item(i));
                }
            }
        }
    }

    private static boolean isReport(Path path) {
        return path.getFileName().toString().matches("TEST-.*\\.xml")
                && path.getParent().getFileName().toString().matches("(surefire|failsafe)-reports");
    }

    private void count(String module, Element test) {
        int[] counts = modules.computeIfAbsent(module, name -> new int[3]);
        String[] words = test.getAttribute("classname").split("\\.");
        String name = words[words.length - 1] + " " + test.getAttribute("name").replaceFirst("^specs\\(\\)", "");
        NodeList failed = test.getElementsByTagName("failure");
        NodeList broken = test.getElementsByTagName("error");
        NodeList skipped = test.getElementsByTagName("skipped");
        if (failed.getLength() + broken.getLength() > 0) {
            counts[1]++;
            Element problem = (Element) (failed.getLength() > 0 ? failed : broken).item(0);
            failures.add(module + ": " + name + ": " + reasonOf(problem));
        } else if (skipped.getLength() > 0) {
            counts[2]++;
            String reason = reasonOf((Element) skipped.item(0));
            skips.add(module + ": " + name + ": " + (reason.isEmpty() ? "no reason given" : reason));
        } else {
            counts[0]++;
        }
    }

    /** The first lines of the message, which stands in an attribute or before the stack trace. */
    private static String reasonOf(Element outcome) {
        String message = outcome.getAttribute("message");
        if (message.isBlank()) {
            message = outcome.getTextContent().replaceFirst("(?s)\n\\s+at .*", "");
        }
        String line = message.replaceFirst("^\\s*[\\w.]+(Exception|Error): ", "")
                .replaceFirst("^Assumption failed: ", "")
                .strip()
                .replaceAll("\\s*\n\\s*", " ");
        return line.length() > 300 ? line.substring(0, 300) + " ..." : line;
    }

    private int print(int mavenStatus) {
        int[] all = new int[3];
        System.out.println();
        System.out.printf("%-16s %7s %7s %8s%n", "module", "passed", "failed", "skipped");
        modules.forEach((module, counts) -> {
            System.out.printf("%-16s %7d %7d %8d%n", module, counts[0], counts[1], counts[2]);
            for (int i = 0; i < 3; i++) {
                all[i] += counts[i];
            }
        });
        list("skipped, and why:", skips);
        list("failed:", failures);
        if (all[0] + all[1] == 0) {
            System.out.println("\nno test ran");
        }
        System.out.printf("%n%d passed, %d failed, %d skipped%n", all[0], all[1], all[2]);
        return mavenStatus != 0 || all[1] > 0 || all[0] + all[1] == 0 ? 1 : 0;
    }

    private static void list(String title, List<String> lines) {
        if (!lines.isEmpty()) {
            System.out.println("\n" + title);
            lines.forEach(line -> System.out.println("  " + line));
        }
    }
}
