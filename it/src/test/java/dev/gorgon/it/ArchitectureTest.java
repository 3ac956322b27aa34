package dev.gorgon.it;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The arrows between modules, and between the packages of the engine, point one way only. */
class ArchitectureTest {

    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.gorgon");

    /** What each module may use of the others. */
    private static final Map<String, List<String>> MODULES = new LinkedHashMap<>();

    /** What each package of the engine may use of the others. */
    private static final Map<String, List<String>> ENGINE = new LinkedHashMap<>();

    static {
        MODULES.put("kernels", List.of());
        MODULES.put("hub", List.of());
        MODULES.put("demo", List.of());
        MODULES.put("client", List.of());
        MODULES.put("engine", List.of("kernels"));
        MODULES.put("train", List.of("engine", "kernels"));
        MODULES.put("server", List.of("engine", "hub"));

        ENGINE.put("tensor", List.of());
        ENGINE.put("meter", List.of());
        ENGINE.put("text", List.of());
        ENGINE.put("sample", List.of());
        ENGINE.put("weights", List.of("tensor"));
        ENGINE.put("backend", List.of("tensor"));
        ENGINE.put("kv", List.of("backend"));
        ENGINE.put("model", List.of("tensor", "weights", "backend"));
        ENGINE.put("adapter", List.of("tensor", "meter", "weights", "backend", "model"));
        ENGINE.put("speculate", List.of("backend", "model", "adapter"));
    }

    private static ArchRule mayUseOnly(String prefix, String name, List<String> allowed, Iterable<String> all) {
        List<String> forbidden = new ArrayList<>();
        for (String other : all) {
            if (!other.equals(name) && !allowed.contains(other)) {
                forbidden.add(prefix + other + "..");
            }
        }
        return noClasses()
                .that()
                .resideInAPackage(prefix + name + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden.toArray(String[]::new))
                .allowEmptyShould(true);
    }

    @Test
    void modulesDependDownwardsOnly() {
        List<String> all = new ArrayList<>(MODULES.keySet());
        all.addAll(List.of("cli", "bench", "it"));
        MODULES.forEach((module, allowed) ->
                mayUseOnly("dev.gorgon.", module, allowed, all).check(PROGRAM));
    }

    @Test
    void packagesOfTheEngineDependDownwardsOnly() {
        List<String> all = new ArrayList<>(ENGINE.keySet());
        all.add("schedule");
        ENGINE.forEach((name, allowed) ->
                mayUseOnly("dev.gorgon.engine.", name, allowed, all).check(PROGRAM));
    }

    @Test
    void onlyTheCpuBackendKnowsTheKernels() {
        noClasses()
                .that()
                .resideInAPackage("dev.gorgon.engine..")
                .and()
                .resideOutsideOfPackage("dev.gorgon.engine.backend.cpu..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.gorgon.kernels..", "dev.gorgon.engine.backend.cpu..")
                .check(PROGRAM);
    }

    private static void onlyIn(String library, String... homes) {
        noClasses()
                .that()
                .resideOutsideOfPackages(homes)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(PROGRAM);
    }

    @Test
    void librariesStayInTheirRooms() {
        onlyIn("jdk.incubator.vector..", "dev.gorgon.kernels..");
        onlyIn("io.vertx..", "dev.gorgon.server..");
        onlyIn("io.opentelemetry..", "dev.gorgon.server.tracing..");
        onlyIn("ch.qos.logback..", "dev.gorgon.cli..");
        onlyIn("net.logstash..", "dev.gorgon.cli..");
        onlyIn("picocli..", "dev.gorgon.cli..");
        onlyIn("ai.djl..", "dev.gorgon.engine.text..");
        onlyIn(
                "tools.jackson..",
                "dev.gorgon.engine.weights..",
                "dev.gorgon.engine.text..",
                "dev.gorgon.engine.model..",
                "dev.gorgon.engine.adapter..",
                "dev.gorgon.train..",
                "dev.gorgon.hub..",
                "dev.gorgon.server..",
                "dev.gorgon.cli..",
                "dev.gorgon.client.json..");
        onlyIn("software.amazon..", "dev.gorgon.hub..");
        onlyIn("java.net.http..", "dev.gorgon.hub..", "dev.gorgon.train..", "dev.gorgon.client..");
    }

    /** A rule that cannot fail would hold nothing. */
    @Test
    void theRulesCanFail() {
        JavaClasses wrong = new ClassFileImporter().importClasses(ArchitectureTest.class, ArchRule.class);
        ArchRule rule = mayUseOnly("dev.gorgon.", "it", List.of(), Arrays.asList("it", "cli"));
        rule.check(wrong);
        ArchRule violated = noClasses()
                .that()
                .resideInAPackage("dev.gorgon.it..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.tngtech.archunit..");
        assertThatThrownBy(() -> violated.check(wrong)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> mayUseOnly("dev.gorgon.", "cli", List.of(), List.of("engine"))
                        .check(PROGRAM))
                .isInstanceOf(AssertionError.class);
    }
}
