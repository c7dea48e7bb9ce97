package io.gantry.image.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.testing.Signer;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TrustPolicyTests {
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void close() {
        directories.close();
    }

    private TrustPolicy policy(String text) {
        return new TrustPolicyFile(directories.file("trust.toml", text)).current();
    }

    @Test
    void theLongestBeginningHolds() {
        Signer.create("EC").write(directories.root().resolve("a.pub"));
        TrustPolicy policy = policy("""
                default = "reject"
                [[rule]]
                match = "r.io/team"
                require = "signed"
                keys = ["a.pub"]
                [[rule]]
                match = "r.io"
                require = "accept"
                [[rule]]
                match = "r.io/team/free/"
                require = "accept"
                [[rule]]
                match = "*.example.com/base"
                require = "accept"
                """);
        assertThat(policy.ruleFor("r.io/other")).isInstanceOf(TrustRule.Accept.class);
        assertThat(policy.ruleFor("r.io/team")).isInstanceOf(TrustRule.Signed.class);
        assertThat(policy.ruleFor("r.io/team/app")).isInstanceOf(TrustRule.Signed.class);
        assertThat(policy.ruleFor("r.io/teams")).isInstanceOf(TrustRule.Accept.class);
        assertThat(policy.ruleFor("r.io/team/free/x")).isInstanceOf(TrustRule.Accept.class);
        assertThat(policy.ruleFor("r.io.evil.com/team")).isInstanceOf(TrustRule.Reject.class);
        assertThat(policy.ruleFor("a.example.com/base/x")).isInstanceOf(TrustRule.Accept.class);
        assertThat(policy.ruleFor("a.example.com/other")).isInstanceOf(TrustRule.Reject.class);
        assertThat(policy.ruleFor("example.com/base")).isInstanceOf(TrustRule.Reject.class);
        assertThat(policy.ruleFor("notexample.com/base")).isInstanceOf(TrustRule.Reject.class);
        assertThat(policy.isOpen()).isFalse();
        assertThat(policy("").isOpen()).isTrue();
    }

    @Test
    void everyProblemOfAFileLetsNothingIn() {
        directories.file("empty.pub", "");
        Map<String, String> corpus = new LinkedHashMap<>();
        corpus.put("it is no TOML", "default = ");
        corpus.put("unknown key \"defaults\"", "defaults = \"accept\"");
        corpus.put("default is neither", "default = \"signed\"");
        corpus.put("default is not a string", "default = 1");
        corpus.put("rule 1 has no usable match", "[[rule]]\nrequire = \"accept\"");
        corpus.put("rule 1 has no usable match #star", "[[rule]]\nmatch = \"r.*\"\nrequire = \"accept\"");
        corpus.put("rule 1: require is none of", "[[rule]]\nmatch = \"r.io\"");
        corpus.put("rule 1 has the unknown key \"key\"", "[[rule]]\nmatch = \"r.io\"\nkey = \"a\"");
        corpus.put("rule 1 has no keys", "[[rule]]\nmatch = \"r.io\"\nrequire = \"signed\"");
        corpus.put("cannot be read", "[[rule]]\nmatch = \"r.io\"\nrequire = \"signed\"\nkeys = [\"none.pub\"]");
        corpus.put(
                "has no public key that can be used",
                "[[rule]]\nmatch = \"r.io\"\nrequire = \"signed\"\nkeys = [\"empty.pub\"]");
        corpus.put("rule 1 has no issuer", "[[rule]]\nmatch = \"r.io\"\nrequire = \"keyless\"");
        corpus.put("repository is neither", "[[rule]]\nmatch = \"r.io\"\nrequire = \"accept\"\nrepository = \"some\"");
        corpus.forEach((problem, text) -> assertThatThrownBy(() -> policy(text))
                .as(problem)
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageContaining(problem.replaceAll(" #.*", "")));
        Path missing = directories.root().resolve("none.toml");
        assertThatThrownBy(() -> new TrustPolicyFile(missing).current()).hasMessageContaining("it cannot be read");
    }

    @Test
    void anotherKeyInTheSameFileCountsAtOnce() throws IOException {
        Path key = Signer.create("EC").write(directories.root().resolve("a.pub"));
        FileTime written = Files.getLastModifiedTime(key);
        TrustPolicyFile policy = new TrustPolicyFile(
                directories.file("trust.toml", "[[rule]]\nmatch = \"r.io\"\nrequire = \"signed\"\nkeys = [\"a.pub\"]"));
        String before = policy.current().ruleFor("r.io/a").fingerprint();
        assertThat(policy.current().ruleFor("r.io/a").fingerprint()).isEqualTo(before);

        // As long as the old one, and with its time.
        Path fresh = Signer.create("EC").write(directories.root().resolve("b.pub"));
        Files.setLastModifiedTime(fresh, written);
        Files.move(fresh, key, StandardCopyOption.REPLACE_EXISTING);
        assertThat(policy.current().ruleFor("r.io/a").fingerprint()).isNotEqualTo(before);

        Files.delete(key);
        assertThatThrownBy(policy::current)
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("rule 1: " + key + " cannot be read");
    }

    @Test
    void aChangedFileCountsAtOnce() throws IOException {
        Path file = directories.file("trust.toml", "default = \"accept\"");
        TrustPolicyFile policy = new TrustPolicyFile(file);
        assertThat(policy.current().ruleFor("r.io/a")).isInstanceOf(TrustRule.Accept.class);

        Files.writeString(file, "default = \"reject\"");
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));

        assertThat(policy.current().ruleFor("r.io/a")).isInstanceOf(TrustRule.Reject.class);
    }
}
