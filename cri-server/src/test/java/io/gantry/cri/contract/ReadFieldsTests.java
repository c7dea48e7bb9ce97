package io.gantry.cri.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What a request says is not only translated: somebody reads it. Each component of the records that requests are translated to
 * is read outside of those records and of the translation, or stands here with the reason why it is not.
 */
class ReadFieldsTests {
    /** Each is "no effect" in docs/cri.md, or given back in a status and nothing else. */
    private static final Set<String> GIVEN_BACK_ONLY = Set.of(
            // The pause process is Gantry's own: it has no privilege, no root to write to and a filter in any case.
            "SandboxSecurity.runAsUser",
            "SandboxSecurity.runAsGroup",
            "SandboxSecurity.readOnlyRootfs",
            "SandboxSecurity.supplementalGroups",
            "SandboxSecurity.supplementalGroupsPolicy",
            "SandboxSecurity.seccomp",
            "SandboxSecurity.apparmor",
            // Part of SandboxMetadata.uniqueName.
            "SandboxMetadata.attempt",
            // In statuses.
            "ImageSpec.annotations");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
            .importPackages("io.gantry.pod");

    @Test
    void everyComponentIsReadWhereItHasItsEffect() {
        List<String> unread = new ArrayList<>();
        int seen = 0;
        for (JavaClass type : CLASSES) {
            if (!type.getPackageName().equals("io.gantry.pod.config") || !type.isRecord()) {
                continue;
            }
            for (JavaMethod method : type.getMethods()) {
                boolean accessor = method.getParameters().isEmpty()
                        && type.tryGetField(method.getName()).isPresent();
                if (!accessor) {
                    continue;
                }
                seen++;
                boolean read = method.getAccessesToSelf().stream()
                        .anyMatch(access -> !access.getOriginOwner().equals(type));
                if (!read) {
                    unread.add(type.getSimpleName() + "." + method.getName());
                }
            }
        }
        assertThat(seen).isGreaterThan(80);
        assertThat(unread).isSubsetOf(GIVEN_BACK_ONLY);
    }
}
