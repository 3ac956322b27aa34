package dev.gorgon.engine.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
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

    @ParameterizedTest
    @MethodSource({"featuresAndTemplates", "rootCauses"})
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
    }
}
