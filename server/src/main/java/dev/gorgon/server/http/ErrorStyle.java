package dev.gorgon.server.http;

import dev.gorgon.server.json.BodyException;
import io.vertx.core.http.HttpServerResponse;

/** How an API words its errors. */
public interface ErrorStyle {

    /** LoRAX's: an error object; plain text for bodies that were refused before they had a meaning. */
    ErrorStyle LORAX = new ErrorStyle() {
        @Override
        public void error(HttpServerResponse response, ApiException error) {
            Replies.error(response, error);
        }

        @Override
        public void refuse(HttpServerResponse response, BodyException error) {
            Replies.refuse(response, error);
        }
    };

    /** Answers with an error. */
    void error(HttpServerResponse response, ApiException error);

    /** Answers that a body could not be read. */
    void refuse(HttpServerResponse response, BodyException error);
}
