package dev.gorgon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.ContextInitializer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogsTest {

    private final PrintStream before = System.err;

    @AfterEach
    void restore() throws Exception {
        System.setErr(before);
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        new ContextInitializer(context).autoConfig();
    }

    /** What a server would print. */
    private static List<String> printed(boolean json) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        Logs.forServer(json);
        Logger log = LoggerFactory.getLogger("dev.gorgon.test");
        MDC.put("request_id", "abc");
        log.atInfo().addKeyValue("tokens", 12).addKeyValue("total_ms", 1.5).log("generated\nforged");
        MDC.remove("request_id");
        log.warn("later", new IllegalStateException("why"));
        Logs.flush();
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.getLogger(Logger.ROOT_LOGGER_NAME).detachAndStopAllAppenders(); // joins the writing thread
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void oneObjectPerLine() {
        List<String> lines = printed(true);
        assertThat(lines).hasSize(2);
        JsonNode first = JsonMapper.shared().readTree(lines.getFirst());
        assertThat(first.get("level").asString()).isEqualTo("INFO");
        assertThat(first.get("message").asString()).isEqualTo("generated\nforged");
        assertThat(first.get("logger_name").asString()).isEqualTo("dev.gorgon.test");
        assertThat(first.get("request_id").asString()).isEqualTo("abc");
        assertThat(first.get("tokens").isInt()).isTrue();
        assertThat(first.get("total_ms").isDouble()).isTrue();
        assertThat(first.get("timestamp").asString()).startsWith("20");
        assertThat(first.has("@version") || first.has("level_value")).isFalse();
        JsonNode second = JsonMapper.shared().readTree(lines.getLast());
        assertThat(second.get("stack_trace").asString()).contains("why");
        assertThat(second.has("request_id")).isFalse();
    }

    @Test
    void textHasTheSame() {
        List<String> lines = printed(false);
        assertThat(lines.get(1)).startsWith("forged tokens=12 total_ms=1.5 request_id=abc");
        assertThat(String.join("\n", lines)).contains(" WARN  later").doesNotContain("later  request_id=");
    }
}
