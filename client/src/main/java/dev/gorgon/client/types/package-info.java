/**
 * What is sent and what comes back, as immutable values (LoRAX contract, sections 1.4 to 1.13).
 */
@NullMarked
package dev.gorgon.client.types;

import org.jspecify.annotations.NullMarked;
