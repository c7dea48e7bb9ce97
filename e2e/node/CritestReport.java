import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Makes a report of what was asked for out of one that Ginkgo wrote. Specs outside of the focus, benchmarks and the steps of
 * the suite itself go. A spec that the limit of the run kept from starting is skipped with that reason; one that the limit
 * cut short has failed. A failed one that is listed as too slow for emulation is skipped with the listed reason.
 */
@SuppressWarnings("DefaultPackage") // It is run from its source.
final class CritestReport {
    private static final String SPEC = "[It] ";
    private static final Set<String> FAILED = Set.of("failed", "timedout", "interrupted", "panicked", "aborted");

    private final Pattern focus;
    private final Pattern skip;
    private final Map<String, String> tooSlow;
    private final List<String> timedOut = new ArrayList<>();

    private CritestReport(String focus, String skip, Map<String, String> tooSlow) {
        this.focus = Pattern.compile(focus);
        // Ginkgo's two expressions are given as one.
        this.skip = Pattern.compile(skip.isEmpty() ? "benchmark" : "benchmark|" + skip);
        this.tooSlow = tooSlow;
    }

    /**
     * Arguments: Ginkgo's report, the file to write, the focus and the skip of the run (may be empty), the list of specs that
     * are too slow.
     */
    public static void main(String[] args)
            throws IOException, ParserConfigurationException, SAXException, TransformerException {
        Document report = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Path.of(args[0]).toFile());
        CritestReport reader = new CritestReport(args[2], args[3], tooSlow(Path.of(args[4])));
        reader.judge(report);
        TransformerFactory.newInstance()
                .newTransformer()
                .transform(
                        new DOMSource(report), new StreamResult(Path.of(args[1]).toFile()));
        if (!reader.timedOut.isEmpty()) {
            System.out.println("    timed out, or did not run before the limit:");
            reader.timedOut.forEach(name -> System.out.println("      " + name));
        }
    }

    private static Map<String, String> tooSlow(Path list) throws IOException {
        Map<String, String> reasons = new HashMap<>();
        for (String line : Files.readAllLines(list)) {
            String[] parts = line.split(" # ", 2);
            if (!line.startsWith("#") && !line.isBlank()) {
                reasons.put(parts[0].strip(), parts.length == 2 ? parts[1].strip() : "no reason given");
            }
        }
        return reasons;
    }

    private void judge(Document report) {
        NodeList cases = report.getElementsByTagName("testcase");
        List<Element> specs = new ArrayList<>();
        for (int i = 0; i < cases.getLength(); i++) {
            specs.add((Element) cases.item(i));
        }
        for (Element spec : specs) {
            String name = spec.getAttribute("name");
            String status = spec.getAttribute("status");
            if (!name.startsWith(SPEC)) {
                // A step of the suite: nothing would tell of its failure.
                if (!FAILED.contains(status)) {
                    spec.getParentNode().removeChild(spec);
                }
            } else if (!isAsked(name.substring(SPEC.length()))) {
                spec.getParentNode().removeChild(spec);
            } else {
                judge(spec, name.substring(SPEC.length()), status);
            }
        }
    }

    private boolean isAsked(String name) {
        return focus.matcher(name).find() && !skip.matcher(name).find();
    }

    private void judge(Element spec, String name, String status) {
        spec.setAttribute("name", name);
        if (status.equals("timedout") || status.equals("interrupted")) {
            timedOut.add(name);
        }
        if (FAILED.contains(status) && tooSlow.containsKey(name)) {
            skip(spec, "too slow in emulation: " + tooSlow.get(name));
        } else if (status.equals("skipped") && reason(spec).isEmpty()) {
            timedOut.add(name);
            skip(spec, "did not run: the limit of the run came first");
        }
    }

    private static void skip(Element spec, String reason) {
        for (String outcome : List.of("failure", "error", "skipped")) {
            NodeList found = spec.getElementsByTagName(outcome);
            while (found.getLength() > 0) {
                found.item(0).getParentNode().removeChild(found.item(0));
            }
        }
        Element skipped = spec.getOwnerDocument().createElement("skipped");
        skipped.setAttribute("message", reason);
        spec.appendChild(skipped);
    }

    /** Why a spec skipped itself; empty when Ginkgo did not start it. */
    private static String reason(Element spec) {
        NodeList skipped = spec.getElementsByTagName("skipped");
        String message = skipped.getLength() == 0
                ? ""
                : ((Element) skipped.item(0)).getAttribute("message").strip();
        return message.equals("skipped") ? "" : message;
    }
}
