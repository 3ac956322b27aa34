package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.server.docs.DocsPage;
import dev.gorgon.server.docs.OpenApi;
import dev.gorgon.server.docs.OpenApi.Operation;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The OpenAPI document and its page say what the routes really do. */
class OpenApiTest {

    private static final OpenApi API = OpenApi.of("0.1.0");
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new TestServer(TestServer.config(new Limits(8, 3, 4, 90, 100, 2 * 1024 * 1024)).toBuilder()
                .adminKey("operator")
                .build());
        server.engine.addAdapter("stheno-8m-pirate-lora");
        server.engine.chatTemplate = Optional.of(new TestTemplate());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Operation> operations() {
        return API.operations().stream();
    }

    static Stream<Operation> posts() {
        return operations().filter(operation -> operation.method().equals("POST"));
    }

    private static JsonNode body(Operation operation) {
        return operation.node().path("requestBody").path("content").path("application/json");
    }

    private static HttpResponse<String> post(Operation operation, String json) {
        return server.send(server.request(operation.path())
                .header("content-type", "application/json")
                .header("authorization", "Bearer operator")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    @Test
    void theDocumentNamesExactlyTheRoutes() {
        Set<String> documented = operations()
                .map(operation -> operation.method() + " " + operation.path())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> real = server.server.routes().stream()
                .filter(route -> !route.startsWith("HEAD "))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).isEqualTo(real);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void everyOperationAnswersWithADocumentedStatus(Operation operation) {
        HttpResponse<String> response = operation.method().equals("GET")
                ? server.get(operation.path())
                : post(operation, body(operation).path("example").toString());
        JsonNode documented = operation.node().path("responses");
        assertThat(documented.has(String.valueOf(response.statusCode())))
                .as("%s %s: %s", operation.method(), response.statusCode(), response.body())
                .isTrue();
        if (documented.has("200")) {
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            String type = response.headers().firstValue("content-type").orElse("");
            JsonNode content = documented.path("200").path("content");
            assertThat(content.isMissingNode() ? "" : type.split(";")[0])
                    .isIn(content.isMissingNode() ? Set.of("") : Set.copyOf(content.propertyNames()));
        }
    }

    /** A field that is documented is read: it is not the same to the server whatever it holds. */
    @ParameterizedTest
    @MethodSource("posts")
    void documentedFieldsAreRead(Operation operation) {
        JsonNode schema = API.schema(body(operation).path("schema"));
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            if (property.getKey().equals("parameters")) {
                API.schema(property.getValue())
                        .path("properties")
                        .properties()
                        .forEach(parameter -> isRead(operation, parameter, true));
            } else {
                isRead(operation, property, false);
            }
        }
    }

    private static void isRead(Operation operation, Map.Entry<String, JsonNode> property, boolean parameter) {
        JsonNode target = API.schema(property.getValue());
        if (target.path("description").asString("").contains("ignored")
                && !property.getKey().equals("apply_chat_template")) {
            return; // said to be
        }
        ObjectNode body = (ObjectNode)
                JsonMapper.shared().readTree(body(operation).path("example").toString());
        ObjectNode holder = parameter ? body.withObjectProperty("parameters") : body;
        if (allowsObject(target)) {
            holder.put(property.getKey(), 7);
        } else {
            holder.putObject(property.getKey()).put("wrong", true);
        }
        HttpResponse<String> response = post(operation, body.toString());
        assertThat(response.statusCode())
                .as("%s with a wrong %s: %s", operation.path(), property.getKey(), response.body())
                .isIn(400, 422);
    }

    private static boolean allowsObject(JsonNode schema) {
        JsonNode target = API.schema(schema);
        if (target.path("type").toString().contains("object")) {
            return true;
        }
        for (JsonNode option : target.path("anyOf")) {
            if (allowsObject(option)) {
                return true;
            }
        }
        return false;
    }

    /** What an answer holds is documented. */
    @ParameterizedTest
    @MethodSource("posts")
    void fieldsOfAnswersAreDocumented(Operation operation) {
        JsonNode schema = operation
                .node()
                .path("responses")
                .path("200")
                .path("content")
                .path("application/json")
                .path("schema");
        if (!schema.isMissingNode()) {
            HttpResponse<String> response =
                    post(operation, body(operation).path("example").toString());
            isDocumented(operation, schema, JsonMapper.shared().readTree(response.body()));
        }
    }

    private static void isDocumented(Operation operation, JsonNode schema, JsonNode value) {
        JsonNode target = API.schema(schema);
        if (value.isArray()) {
            value.forEach(item -> isDocumented(operation, target.path("items"), item));
        } else if (value.isObject() && target.has("properties")) {
            value.properties().forEach(member -> {
                assertThat(target.path("properties").has(member.getKey()))
                        .as("%s answers with %s", operation.path(), member.getKey())
                        .isTrue();
                isDocumented(operation, target.path("properties").path(member.getKey()), member.getValue());
            });
        }
    }

    @Test
    void thePageShowsAllOfIt() {
        String page = DocsPage.of(API);
        operations().forEach(operation -> assertThat(page).contains("<code>" + operation.path() + "</code>"));
        assertThat(page)
                .contains("speculative_tokens")
                .contains("merge_strategy")
                .doesNotContain("<script");
        assertThat(server.get("/docs").body()).isEqualTo(page);
        assertThat(server.get("/docs/").statusCode()).isEqualTo(200);
        assertThat(server.get("/api-doc/openapi.json").body()).isEqualTo(API.json());
    }

    @Test
    void referencesLeadSomewhere() {
        JsonMapper.shared()
                .readTree(API.json())
                .findValues("$ref")
                .forEach(reference -> assertThat(API.schema(
                                        JsonMapper.shared().createObjectNode().put("$ref", reference.asString()))
                                .isMissingNode())
                        .as(reference.asString())
                        .isFalse());
    }
}
