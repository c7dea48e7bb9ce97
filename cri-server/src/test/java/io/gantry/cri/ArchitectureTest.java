package io.gantry.cri;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The arrows of docs/architecture.md, over the classes of all modules that run in the daemon. */
class ArchitectureTest {
    /** Generated code is not ours to judge. */
    private static final String GENERATED = "io.gantry.cri.v1..";

    private static final String GENERATED_NRI = "io.gantry.cri.nri.proto..";

    /** Fewest classes of each module that the import must have found: a rule over no classes proves nothing. */
    private static final Map<String, Integer> AT_LEAST = Map.of(
            "io.gantry.platform", 40,
            "io.gantry.image", 60,
            "io.gantry.cni", 30,
            "io.gantry.pod", 80,
            "io.gantry.cri", 60);

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
            .importPackages("io.gantry");

    private static final JavaClasses OWN = ALL.that(not(resideInAnyPackage(GENERATED, GENERATED_NRI)));

    @Test
    void sawTheClassesOfEveryModule() {
        AT_LEAST.forEach((module, least) -> {
            long seen = OWN.stream()
                    .filter(type -> type.getPackageName().startsWith(module))
                    .count();
            assertThat(seen).as("classes of " + module).isGreaterThanOrEqualTo(least);
        });
        assertThat(ALL.stream()
                        .filter(type -> type.getPackageName().equals("io.gantry.cri.v1"))
                        .count())
                .as("generated classes")
                .isGreaterThan(300);
    }

    @Test
    void modulesDependOnlyAlongTheArrows() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("platform")
                .definedBy("io.gantry.platform..")
                .layer("image-service")
                .definedBy("io.gantry.image..")
                .layer("cni-bridge")
                .definedBy("io.gantry.cni..")
                .layer("pod-sandbox")
                .definedBy("io.gantry.pod..")
                .layer("cri-server")
                .definedBy("io.gantry.cri..")
                .whereLayer("cri-server")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("pod-sandbox")
                .mayOnlyBeAccessedByLayers("cri-server")
                .whereLayer("image-service")
                .mayOnlyBeAccessedByLayers("pod-sandbox", "cri-server")
                .whereLayer("cni-bridge")
                .mayOnlyBeAccessedByLayers("pod-sandbox", "cri-server")
                .check(OWN);
    }

    @Test
    void onlyCriServerKnowsGrpcProtobufAndNetty() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.gantry.cri..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.grpc..", "com.google.protobuf..", "io.netty..", GENERATED)
                .check(ALL);
    }

    @Test
    void onlyThePlatformKnowsNativeMemory() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.gantry.platform.linux..", "io.gantry.platform.process..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.sun.jna..")
                .check(OWN);
    }

    @Test
    void theCommandLineLibraryIsKeptOffTheDaemonsPath() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.gantry.cri.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..")
                .check(OWN);
    }

    @Test
    void messagesOfTheWireStopAtTheDoor() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.gantry.cri.translate..",
                        "io.gantry.cri.runtime..",
                        "io.gantry.cri.image..",
                        "io.gantry.cri.cli..",
                        // Loads its classes ahead of the first call.
                        "io.gantry.cri.daemon..",
                        GENERATED)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(GENERATED)
                .check(ALL);
    }

    @Test
    void onlyNriKnowsItsMessages() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.gantry.cri.nri..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(GENERATED_NRI)
                .check(ALL);
    }

    @Test
    void packagesHaveNoCycles() {
        for (String module : AT_LEAST.keySet()) {
            slices().matching(module + ".(*)..").should().beFreeOfCycles().check(OWN);
        }
    }

    @Test
    void processesAreStartedInOnePlace() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ProcessBuilder.class)
                .check(OWN);
    }

    @Test
    void nobodyPrintsButTheCommandLine() {
        noClasses()
                .that(are(not(resideInAPackage("io.gantry.cri.cli..")))
                        .and(are(not(resideInAPackage("io.gantry.cri.daemon..")))))
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(OWN);
    }

    @Test
    void everyPackageSaysWhatItIsForAndIsNullMarked() {
        Set<String> without =
                new TreeSet<>(OWN.stream().map(JavaClass::getPackageName).collect(Collectors.toSet()));
        OWN.stream()
                .filter(type -> type.getSimpleName().equals("package-info"))
                .filter(type -> type.isAnnotatedWith(NullMarked.class))
                .map(JavaClass::getPackageName)
                .forEach(without::remove);
        assertThat(without).isEmpty();
        classes()
                .that()
                .haveSimpleName("package-info")
                .should()
                .beAnnotatedWith(NullMarked.class)
                .check(OWN);
    }

    /** What the class files of this module's class path do not show: tests, and the sources of e2e. */
    @Test
    void everyPackageOfTheSourcesIsNullMarked() throws IOException {
        Set<String> packages = new TreeSet<>();
        Set<String> marked = new TreeSet<>();
        Set<String> modules = new TreeSet<>();
        Path project = Path.of("..").toRealPath();
        for (Path source : ownSources(project)) {
            String name =
                    source.subpath(4, source.getNameCount() - 1).toString().replace('/', '.');
            packages.add(name);
            modules.add(source.getName(0).toString());
            if (source.endsWith("package-info.java")
                    && Files.readString(project.resolve(source)).contains("@NullMarked")) {
                marked.add(name);
            }
        }
        assertThat(modules)
                .containsExactly("cni-bridge", "cri-server", "e2e", "image-service", "platform", "pod-sandbox");
        assertThat(packages).hasSizeGreaterThan(70).contains("io.gantry.e2e", "io.gantry.cri");
        packages.removeAll(marked);
        assertThat(packages).as("packages without @NullMarked").isEmpty();
    }

    /** {@code MODULE/src/(main|test)/java/PACKAGE/NAME.java}, of all modules. */
    private static List<Path> ownSources(Path project) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> roots =
                Files.newDirectoryStream(project, path -> Files.isDirectory(path.resolve("src")))) {
            for (Path root : roots) {
                try (Stream<Path> files = Files.walk(root.resolve("src"))) {
                    files.map(project::relativize)
                            .filter(path -> path.toString().matches("[^/]+/src/(main|test)/java/.+/[^/]+\\.java"))
                            .forEach(found::add);
                }
            }
        }
        return found;
    }
}
