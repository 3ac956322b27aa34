/**
 * LoRA, Medusa and joint adapters: formats, validation, registry.
 */
@NullMarked
package dev.gorgon.engine.adapter;

import org.jspecify.annotations.NullMarked;
