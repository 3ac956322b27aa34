package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.it.Compatibility.Group;
import dev.gorgon.it.Compatibility.Item;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** The document about LoRAX says what its source says, and the tests it names exist and run. */
class CompatibilityTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Path DOCUMENT = ROOT.resolve("docs/lorax-compatibility.md");

    @Test
    void theDocumentIsMadeFromItsSource() throws IOException {
        if (Boolean.getBoolean("compatibility.write")) {
            Files.writeString(DOCUMENT, Compatibility.markdown());
        }
        assertThat(Files.readString(DOCUMENT)).isEqualTo(Compatibility.markdown());
    }

    @Test
    void everyPartOfTheInterfacesIsCovered() {
        List<String> sections = Compatibility.groups().stream()
                .flatMap(group -> group.items().stream())
                .map(Item::section)
                .toList();
        for (String section : List.of(
                "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9.1", "1.9.2", "1.9.3", "1.9.4", "1.9.5",
                "1.9.6", "1.9.7", "1.9.8", "1.10", "1.12", "1.13", "1.14", "1.15", "1.16", "2.1", "2.2", "2.3", "2.4",
                "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "3.2", "3.4", "3.5", "3.6", "3.8", "3.9",
                "3.10", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "5.1", "6.1", "8.1", "8.2", "8.3", "11.1")) {
            assertThat(sections).contains(section);
        }
    }

    @Test
    void everyItemIsHeldByATestThatRuns() throws IOException {
        Map<String, Path> classes = testClasses();
        Set<String> seen = new HashSet<>();
        try (URLClassLoader loader = loader()) {
            for (Group group : Compatibility.groups()) {
                for (Item item : group.items()) {
                    assertThat(seen.add(group.title() + item.section() + item.name()))
                            .as("twice: " + item)
                            .isTrue();
                    String[] test = item.test().split("#");
                    assertThat(test).as(item.toString()).hasSize(2);
                    assertThat(classes).as(item.toString()).containsKey(test[0]);
                    assertRuns(loader, classes.get(test[0]), test[1], item);
                }
            }
        }
    }

    private static void assertRuns(ClassLoader loader, Path file, String name, Item item) {
        try {
            Class<?> type = Class.forName(className(file), false, loader);
            List<Method> methods = Arrays.stream(type.getDeclaredMethods())
                    .filter(method -> method.getName().equals(name))
                    .toList();
            assertThat(methods).as(item.toString()).isNotEmpty().allMatch(CompatibilityTest::runs);
            assertThat(type.isAnnotationPresent(Disabled.class))
                    .as(item.toString())
                    .isFalse();
        } catch (ClassNotFoundException e) {
            throw new AssertionError(item.toString(), e);
        }
    }

    private static boolean runs(Method method) {
        boolean test = method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class);
        return test && !method.isAnnotationPresent(Disabled.class) && !method.isAnnotationPresent(Tag.class);
    }

    /** The compiled tests of all modules by their simple names. */
    private static Map<String, Path> testClasses() throws IOException {
        Map<String, Path> classes = new HashMap<>();
        for (Path folder : folders()) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(path -> path.toString().endsWith("Test.class"))
                        .toList()) {
                    String name = file.getFileName().toString();
                    // names that two modules have cannot be told apart; those of the client are not referred to
                    classes.putIfAbsent(name.substring(0, name.length() - ".class".length()), folder.relativize(file));
                }
            }
        }
        return classes;
    }

    private static List<Path> folders() {
        return Stream.of("kernels", "engine", "hub", "server", "cli", "it")
                .map(module -> ROOT.resolve(module).resolve("target/test-classes"))
                .filter(Files::isDirectory)
                .toList();
    }

    private static URLClassLoader loader() {
        return new URLClassLoader(
                folders().stream().map(CompatibilityTest::url).toArray(URL[]::new),
                CompatibilityTest.class.getClassLoader());
    }

    private static URL url(Path folder) {
        try {
            return folder.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        }
    }

    private static String className(Path file) {
        String path = file.toString();
        return path.substring(0, path.length() - ".class".length()).replace('/', '.');
    }
}
