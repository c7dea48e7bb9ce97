import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
 * Makes a report that lists only what was asked for of one that Ginkgo wrote: specs outside of the focus, benchmarks and the
 * steps of the suite itself go, and a spec that was interrupted or panicked counts as failed.
 */
final class CritestReport {
    private CritestReport() {}

    /** Arguments: Ginkgo's report, the file to write. */
    public static void main(String[] args)
            throws IOException, ParserConfigurationException, SAXException, TransformerException {
        Document report =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(Path.of(args[0]).toFile());
        NodeList cases = report.getElementsByTagName("testcase");
        List<Element> specs = new ArrayList<>();
        for (int i = 0; i < cases.getLength(); i++) {
            specs.add((Element) cases.item(i));
        }
        specs.stream().filter(spec -> !asked(spec)).forEach(spec -> spec.getParentNode().removeChild(spec));
        TransformerFactory.newInstance()
                .newTransformer()
                .transform(new DOMSource(report), new StreamResult(Path.of(args[1]).toFile()));
    }

    private static boolean asked(Element spec) {
        if (!spec.getAttribute("name").startsWith("[It]")
                || spec.getAttribute("name").contains("[benchmark]")) {
            return false;
        }
        NodeList skipped = spec.getElementsByTagName("skipped");
        if (skipped.getLength() == 0) {
            return true;
        }
        String reason = ((Element) skipped.item(0)).getAttribute("message").strip();
        return !reason.isEmpty() && !reason.equals("skipped");
    }
}
