/**
 * The template language of chat templates: Jinja as transformers configures it (an immutable sandbox, {@code trim_blocks},
 * {@code lstrip_blocks}, loop controls, {@code generation} blocks), with Python's values and messages. Depends on the JDK only.
 *
 * <p>{@link dev.gorgon.engine.text.template.Lexer} cuts the source into tokens,
 * {@link dev.gorgon.engine.text.template.Parser} makes statements and expressions of them,
 * {@link dev.gorgon.engine.text.template.Interpreter} walks these. Everything that a template may do is charged to a
 * {@link dev.gorgon.engine.text.template.Budget}.
 */
@NullMarked
package dev.gorgon.engine.text.template;

import org.jspecify.annotations.NullMarked;
