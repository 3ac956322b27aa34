/**
 * What the server says about its own routes: an OpenAPI document and a page that shows it.
 */
@NullMarked
package dev.gorgon.server.docs;

import org.jspecify.annotations.NullMarked;
