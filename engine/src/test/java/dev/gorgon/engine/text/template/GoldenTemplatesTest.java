package dev.gorgon.engine.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates whose output was made by jinja2 3.1.6, configured as transformers configures it. */
class GoldenTemplatesTest {

    @SuppressWarnings("unused")
    static List<JinjaCase> featuresAndTemplates() throws IOException {
        return JinjaCase.read("features-and-templates.json");
    }

    @SuppressWarnings("unused")
    static List<JinjaCase> rootCauses() throws IOException {
        return JinjaCase.read("root-causes.json");
    }

    /** Templates in the shapes that model families use, each with seven conversations. */
    @SuppressWarnings("unused")
    static List<JinjaCase> shapes() throws IOException {
        return JinjaCase.read("shapes.json");
    }

    @ParameterizedTest
    @MethodSource({"featuresAndTemplates", "rootCauses", "shapes"})
    void rendersLikeJinja2(JinjaCase golden) {
        if (golden.error()) {
            assertThatThrownBy(golden::render).isInstanceOfSatisfying(JinjaException.class, e -> {
                boolean raised = golden.expected().startsWith("TemplateError: ");
                assertThat(e.isRaised()).isEqualTo(raised);
                // the template's own words stay as they are; others get the line
                assertThat(raised ? e.getMessage() : e.getMessage().replaceFirst(" \\(line \\d+\\)$", ""))
                        .isEqualTo(golden.errorMessage());
            });
        } else {
            assertThat(golden.render()).isEqualTo(golden.expected());
        }
    }

    @Test
    void allCasesAreThere() throws IOException {
        assertThat(featuresAndTemplates()).hasSize(136);
        assertThat(rootCauses()).hasSize(30);
        assertThat(shapes()).hasSize(70);
    }

    /** Small random templates; {@code src/test/reference/make_jinja_cases.py} makes more of them. */
    @Test
    void rendersRandomTemplatesLikeJinja2() throws IOException {
        List<JinjaCase> cases = JinjaCase.read("random.json");
        assertThat(cases).hasSize(500);
        SoftAssertions all = new SoftAssertions();
        for (JinjaCase random : cases) {
            all.assertThat(outcome(random))
                    .as("%s: %s", random.name(), random.template())
                    .isEqualTo(random.error() ? "refused" : random.expected());
        }
        all.assertAll();
    }

    private static String outcome(JinjaCase random) {
        try {
            return random.render();
        } catch (JinjaException e) {
            return random.error() ? "refused" : "refused: " + e.getMessage();
        }
    }
}
