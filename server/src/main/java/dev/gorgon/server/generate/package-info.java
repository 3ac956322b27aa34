/**
 * From a parsed body to a running generation: validation, admission, adapters, submission.
 */
@NullMarked
package dev.gorgon.server.generate;

import org.jspecify.annotations.NullMarked;
